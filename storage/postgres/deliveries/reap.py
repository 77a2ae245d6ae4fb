"""Reap: sends whose outcome nobody will report."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from storage.postgres.columns import to_columns
from storage.postgres.pool import Pool, transaction
from storage.postgres.statements import read_statement

_FIND_STUCK: Final = read_statement("deliveries/find_stuck")
_REAP: Final = read_statement("deliveries/reap_deliveries")


class Stuck(NamedTuple):
    """A delivery that was claimed long ago and whose outcome was never reported."""

    bot_id: int
    chat_id: int
    episode_id: int
    step: str
    block: str
    version: int


async def find_stuck(pool: Pool, claimed_before_ms: int) -> list[Stuck]:
    async with transaction(pool) as connection:
        return [Stuck(*row) for row in await connection.fetch(_FIND_STUCK, claimed_before_ms)]


async def reap_deliveries(pool: Pool, rows: Sequence[Stuck]) -> int:
    """Give up waiting: their outcome is unknown. The caller has seen that nobody holds them; returns how many."""
    async with transaction(pool) as connection:
        return len(await connection.fetch(_REAP, *to_columns(rows)))
