"""Deliveries whose outcome is unknown, and what an admin says became of them.

Their sequences went on long ago and are not touched. A message counts as sent when it was claimed, which is the best
estimate there is. Its message id is not known, so no sweep will find it.
"""

from typing import Final, NamedTuple

from storage.postgres.pool import Connection

_LIST: Final = """
SELECT chat_id, episode_id, step_key, block_key, claimed_at FROM recovery_deliveries
WHERE bot_id = $1 AND status = 'unknown' ORDER BY claimed_at DESC LIMIT $2
"""

_SETTLE: Final = """
UPDATE recovery_deliveries SET status = $6, reason = $7, sent_at = CASE WHEN $6 = 'sent' THEN claimed_at END
WHERE bot_id = $1 AND chat_id = $2 AND episode_id = $3 AND step_key = $4 AND block_key = $5 AND status = 'unknown'
RETURNING 1
"""


class UnansweredPlace(NamedTuple):
    """One of a bot's deliveries."""

    chat_id: int
    episode_id: int
    step: str
    block: str


class Unanswered(NamedTuple):
    place: UnansweredPlace
    claimed_at_ms: int


async def list_unknown(connection: Connection, bot_id: int, most: int) -> list[Unanswered]:
    """The latest ones."""
    rows = await connection.fetch(_LIST, bot_id, most)
    return [Unanswered(UnansweredPlace(*row[:4]), row["claimed_at"]) for row in rows]


async def settle(connection: Connection, bot_id: int, place: UnansweredPlace, status: str, reason: str | None) -> bool:
    """Returns whether it was unknown until now."""
    return await connection.fetchval(_SETTLE, bot_id, *place, status, reason) is not None
