"""What PostgreSQL remembers of a bot's chats: all that a rebuild of the timers needs, page by page.

A chat is remembered if it has an open episode, whose cursor says what is due, or if it was active since the campaign
was activated and that silence has not begun an episode yet.
"""

from typing import Final, NamedTuple

from engine.core.delivery.cursor import Cursor
from storage.postgres.pool import Pool, fetch
from storage.postgres.statements import read_statement

_LIST: Final = read_statement("list_remembered")


class Remembered(NamedTuple):
    """`cursor` None: no episode is open; when its silence is due is then up to the caller. `version`: of the latest
    claim that a delivery of the episode has, 0 if there is none.
    """

    chat_id: int
    last_active_ms: int
    cursor: Cursor | None
    due_ms: int | None
    sending: bool
    version: int = 0


class _Row(NamedTuple):
    chat_id: int
    last_active: int
    episode_id: int | None
    ordinal: int | None
    step_key: str | None
    block_key: str | None
    campaign_version: int | None
    status: str | None
    due_at: int | None
    version: int | None


async def remembered(pool: Pool, bot_id: int, after_chat: int, active_since_ms: int) -> list[Remembered]:
    """The next page of a bot's chats, in the order of their ids. Raises UnreachableError."""
    rows = await fetch(pool, _LIST, bot_id, after_chat, active_since_ms)
    return [_remembered(_Row(*row)) for row in rows]


def _remembered(row: _Row) -> Remembered:
    sending = on_wire_possible(row.status)
    return Remembered(row.chat_id, row.last_active, _cursor(row), row.due_at, sending, row.version or 0)


def on_wire_possible(status: str | None) -> bool:
    """Redis, which knew whether it had passed, is lost: a row that was being sent may have left."""
    return status == "sending"


def _cursor(row: _Row) -> Cursor | None:
    if row.episode_id is None or row.step_key is None:
        return None
    return Cursor(row.episode_id, row.ordinal or 0, row.step_key, row.block_key or "", row.campaign_version or 0)
