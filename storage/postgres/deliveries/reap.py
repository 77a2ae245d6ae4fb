"""Reap: sends whose outcome nobody will report."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from storage.postgres.columns import _columns
from storage.postgres.pool import Pool, transaction

_STUCK: Final = """
SELECT bot_id, chat_id, episode_id, step_key, block_key, version FROM recovery_deliveries
WHERE status = 'sending' AND claimed_at < $1 ORDER BY claimed_at LIMIT 512
"""

_REAP: Final = """
UPDATE recovery_deliveries d SET status = 'unknown'
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
    AS w(bot_id, chat_id, episode_id, step_key, block_key, version)
WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id AND d.step_key = w.step_key
  AND d.block_key = w.block_key AND d.status = 'sending' AND d.version = w.version
RETURNING d.bot_id, d.chat_id
"""


class Stuck(NamedTuple):
    """A delivery that was claimed long ago and of which nothing was heard."""

    bot_id: int
    chat_id: int
    episode_id: int
    step: str
    block: str
    version: int


async def find_stuck(pool: Pool, claimed_before_ms: int) -> list[Stuck]:
    async with transaction(pool) as connection:
        return [Stuck(*row) for row in await connection.fetch(_STUCK, claimed_before_ms)]


async def reap_deliveries(pool: Pool, rows: Sequence[Stuck]) -> int:
    """Give up waiting: their outcome is unknown. The caller has seen that nobody holds them; returns how many."""
    async with transaction(pool) as connection:
        return len(await connection.fetch(_REAP, *_columns(rows)))
