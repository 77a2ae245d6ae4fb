"""Reap: sends whose outcome nobody will report."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from storage.postgres.columns import to_columns
from storage.postgres.deliveries.locks import KEY, LOCK_EPISODES
from storage.postgres.pool import Pool, transaction
from storage.postgres.statements import read_statement

_FIND_STUCK: Final = read_statement("deliveries/find_stuck")
_REAP: Final = read_statement("deliveries/reap_deliveries")
_BEFORE_ALL: Final = (-1, 0, 0, 0)


class Stuck(NamedTuple):
    """A delivery that was claimed long ago and whose outcome was never reported."""

    bot_id: int
    chat_id: int
    episode_id: int
    step: str
    block: str
    version: int


async def find_stuck(pool: Pool, claimed_before_ms: int) -> AsyncIterator[list[Stuck]]:
    """All of them, page by page: those that are still held hide no other. Raises UnreachableError."""
    after = _BEFORE_ALL
    while True:
        async with transaction(pool) as connection:
            rows = await connection.fetch(_FIND_STUCK, claimed_before_ms, *after)
        if not rows:
            return
        yield [Stuck(*row[:-1]) for row in rows]
        last = rows[-1]
        after = (last["claimed_at"], last["bot_id"], last["chat_id"], last["episode_id"])


async def reap_deliveries(pool: Pool, rows: Sequence[Stuck]) -> int:
    """Give up waiting: their outcome is unknown. The caller has seen that nobody holds them; returns how many."""
    columns = to_columns(rows)
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[KEY])
        return len(await connection.fetch(_REAP, *columns))
