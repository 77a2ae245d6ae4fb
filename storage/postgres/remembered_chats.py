"""What PostgreSQL remembers of a bot's chats: all that a rebuild of the timers needs, page by page.

A chat is remembered when its episode is open (its cursor says what is due), or when it was active since the campaign
was activated and that silence has not been answered by an episode yet.
"""

from typing import Final, NamedTuple

import asyncpg

from engine.core.delivery.cursor import Cursor
from engine.core.identity import SECOND_MS
from storage.postgres.pool import Pool, transaction

PAGE: Final = 512

UNANSWERED: Final = f"""
NOT EXISTS (SELECT FROM recovery_episodes o
    WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id AND o.ended_at IS NULL)
AND NOT EXISTS (SELECT FROM recovery_episodes o WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id
    AND o.episode_id >= c.last_active / {SECOND_MS} * {SECOND_MS})
"""
"""Of a chat `c`: its silence may still begin an episode. Who is armed and who is counted is asked in the same words.

Each of the two is answered by an index of its own.
"""

_REMEMBERED: Final = f"""
SELECT c.chat_id, c.last_active, e.episode_id, d.ordinal, d.step_key, d.block_key, d.campaign_version, d.status,
    d.due_at
FROM chats c
LEFT JOIN recovery_episodes e ON e.bot_id = c.bot_id AND e.chat_id = c.chat_id AND e.ended_at IS NULL
LEFT JOIN LATERAL (
    SELECT * FROM recovery_deliveries d
    WHERE d.bot_id = e.bot_id AND d.chat_id = e.chat_id AND d.episode_id = e.episode_id ORDER BY d.ordinal DESC LIMIT 1
) d ON true
WHERE c.bot_id = $1 AND c.chat_id > $2 AND (
    e.episode_id IS NOT NULL
    OR (c.last_active >= $3 AND {UNANSWERED}))
ORDER BY c.chat_id LIMIT {PAGE}
"""


class Remembered(NamedTuple):
    """`cursor` None: no episode is open; `due_ms` is then the silence's and up to the caller."""

    chat_id: int
    last_active_ms: int
    cursor: Cursor | None
    due_ms: int | None
    sending: bool


async def remembered(pool: Pool, bot_id: int, after_chat: int, active_since_ms: int) -> list[Remembered]:
    async with transaction(pool) as connection:
        rows = await connection.fetch(_REMEMBERED, bot_id, after_chat, active_since_ms)
    return [_row(row) for row in rows]


def _row(row: asyncpg.Record) -> Remembered:
    return Remembered(row["chat_id"], row["last_active"], _cursor(row), row["due_at"], on_wire_possible(row["status"]))


def on_wire_possible(status: str | None) -> bool:
    """Redis, which knew whether it had passed, is lost: a row that was being sent may have left."""
    return status == "sending"


def _cursor(row: asyncpg.Record) -> Cursor | None:
    if row["episode_id"] is None or row["step_key"] is None:
        return None
    return Cursor(row["episode_id"], row["ordinal"], row["step_key"], row["block_key"], row["campaign_version"])
