"""Rebuilds a bot's timers from PostgreSQL: after Redis lost them or became another run, and on the first activation.

Touches go on meanwhile: `restore` gives way to whatever was seen later. Only when every page is in does the generation
say that the timers are whole; until then nothing of the bot is claimed.

After every activation the silences of those come in that nobody armed. There the timers of open episodes are left
alone: nothing was lost, and a chat whose first block is on the wire would be taken from its journey.
"""

from collections.abc import AsyncIterator

from engine.core import cursor
from engine.core.campaign import Snapshot
from engine.core.replan import SPREAD_MS
from engine.core.window import spread_over
from storage import feed, memory
from storage.memory import Remembered
from storage.postgres import Pool
from storage.redis import Redis
from storage.timers import Lost, Timers


async def rebuild(
    pool: Pool, client: Redis, timers: Timers, bot_id: int, newest: Snapshot, activated_at_ms: int, run: str
) -> int:
    """Restore every chat that PostgreSQL remembers; returns how many. Raises UnreachableError.

    `run` is the server's as of before: one that restarts meanwhile is another, and its timers are lost again.
    """
    restored = 0
    async for page in _pages(pool, bot_id, activated_at_ms):
        restored += sum(await timers.restore(bot_id, [_lost(row, newest) for row in page]))
    await feed.set_generation(client, bot_id, await feed.server_now_ms(client), run)
    return restored


async def arm_unheard(
    pool: Pool, timers: Timers, bot_id: int, newest: Snapshot, activated_at_ms: int, now_ms: int
) -> int:
    """Arm the silences whose receivers had not heard of the activation, or which an admin has included since.

    Those that are due already are spread over ten minutes. Returns how many. Raises UnreachableError.
    """
    armed = 0
    async for page in _pages(pool, bot_id, activated_at_ms):
        silent = [_not_at_once(_lost(row, newest), now_ms) for row in page if row.cursor is None]
        armed += sum(await timers.restore(bot_id, silent)) if silent else 0
    return armed


async def _pages(pool: Pool, bot_id: int, activated_at_ms: int) -> AsyncIterator[list[Remembered]]:
    last_chat = -1
    while page := await memory.remembered(pool, bot_id, last_chat, activated_at_ms):
        yield page
        last_chat = page[-1].chat_id


def _not_at_once(lost: Lost, now_ms: int) -> Lost:
    """Over ten minutes; who is less late than that is made to wait no longer than they are late."""
    late_ms = now_ms - lost.due_ms
    if late_ms < 0:
        return lost
    return lost._replace(due_ms=now_ms + spread_over(lost.chat_id, min(SPREAD_MS, late_ms)))


def _lost(row: Remembered, newest: Snapshot) -> Lost:
    if row.cursor is None:
        return Lost(row.chat_id, row.last_active_ms, row.last_active_ms + newest.threshold_ms, on_wire=False, opaque="")
    due = row.due_ms if row.due_ms is not None else row.last_active_ms
    return Lost(row.chat_id, row.cursor.episode_id, due, row.sending, cursor.write(row.cursor))
