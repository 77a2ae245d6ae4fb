"""Rebuilds a bot's timers from PostgreSQL: after Redis lost them or became another run, and on the first activation.

Touches go on meanwhile: `restore` gives way to whatever was seen later. Only when every page is in does the generation
say that the timers are whole; until then nothing of the bot is claimed.
"""

from engine.core import cursor
from engine.core.campaign import Snapshot
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
    restored, last_chat = 0, -1
    while page := await memory.remembered(pool, bot_id, last_chat, activated_at_ms):
        chats = [_lost(row, newest) for row in page]
        restored += sum(await timers.restore(bot_id, chats))
        last_chat = page[-1].chat_id
    await feed.set_generation(client, bot_id, await feed.server_now_ms(client), run)
    return restored


def _lost(row: Remembered, newest: Snapshot) -> Lost:
    if row.cursor is None:
        return Lost(row.chat_id, row.last_active_ms, row.last_active_ms + newest.threshold_ms, on_wire=False, opaque="")
    due = row.due_ms if row.due_ms is not None else row.last_active_ms
    return Lost(row.chat_id, row.cursor.episode_id, due, row.sending, cursor.write(row.cursor))
