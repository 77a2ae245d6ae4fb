"""Rebuilds a bot's timers from PostgreSQL: after Redis lost them or was restarted, and on the first activation.

Touches go on meanwhile: `restore` gives way to anything seen later. Only after the last page the generation says that
the timers are whole; until then nothing of the bot is claimed.

After every activation, silences that no receiver has armed are armed. That leaves the timers of open episodes alone:
nothing was lost, and a chat whose first block is on the wire would be taken from its journey.

When a doubt about the feed is over, the silences that are not believed begin again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery import cursor
from engine.core.delivery.gate import Reason
from engine.core.delivery.replan import SPREAD_MS
from engine.core.delivery.silence_due import Pause, due_ms
from engine.core.identity import SECOND_MS
from engine.core.schedule.sending_hours import spread_over
from engine.poller.pauses import pauses_of
from storage.postgres import chats, remembered_chats
from storage.postgres.pool import Pool
from storage.postgres.remembered_chats import Remembered
from storage.redis import bot_state, server_clock
from storage.redis.client import Redis
from storage.redis.timer_values import Lost
from storage.redis.timers import Timers

_REPEATED_WITHIN_S: Final = 2.0
"""Every receiver checks each second whether Redis is another server, and repeats its last touches if so."""


async def let_receivers_repeat() -> None:
    """Before the timers of a server that may lack the last touches are declared whole."""
    await asyncio.sleep(_REPEATED_WITHIN_S)


async def rebuild(
    pool: Pool,
    client: Redis,
    timers: Timers,
    bot_id: int,
    newest: Snapshot,
    activated_at_ms: int,
    run: str,
    looked_at: Callable[[int], None] = lambda _: None,
) -> int:
    """Restore every chat that PostgreSQL remembers; returns how many. Raises UnreachableError.

    `run` names the server's run before the rebuild: if it restarts meanwhile, the timers are lost again. `looked_at` is
    called with the number of chats of each page.
    """
    restored, pauses = 0, await pauses_of(pool, bot_id)
    async for page in _pages(pool, bot_id, activated_at_ms):
        restored += sum(await timers.restore(bot_id, [_lost(row, newest, pauses) for row in page]))
        looked_at(len(page))
    await bot_state.set_generation(client, bot_id, await server_clock.bot_now_ms(client, bot_id), run)
    return restored


async def arm_unheard(
    pool: Pool, timers: Timers, bot_id: int, newest: Snapshot, activated_at_ms: int, now_ms: int
) -> AsyncIterator[int]:
    """Arm the silences whose receivers did not know of the activation, or which an admin has included since.

    Those already due are spread over ten minutes. Gives how many, page by page. Raises UnreachableError.
    """
    pauses = await pauses_of(pool, bot_id)
    async for page in _pages(pool, bot_id, activated_at_ms):
        silent = [_not_at_once(_lost(row, newest, pauses), now_ms) for row in page if row.cursor is None]
        yield sum(await timers.restore(bot_id, silent)) if silent else 0


async def renew_doubted(
    pool: Pool, timers: Timers, bot_id: int, newest: Snapshot, doubted_until_ms: int, now_ms: int
) -> int:
    """End the episodes of silences that are not believed, and arm their chats as silent since the doubt; returns how
    many. Raises UnreachableError.

    If this breaks off, a chat whose episode has ended is armed again when its old timer fires.
    """
    renewed, upto_ms = 0, doubted_until_ms // SECOND_MS * SECOND_MS - 1
    due = doubted_until_ms + newest.threshold_ms
    async for page in chats.conclude_pages(pool, bot_id, Reason.DOUBTED, upto_ms, now_ms):
        again = [Lost(ended.chat_id, doubted_until_ms, due, on_wire=False, opaque="") for ended in page]
        await timers.restore(bot_id, again)
        renewed += len(again)
    return renewed


async def _pages(pool: Pool, bot_id: int, activated_at_ms: int) -> AsyncIterator[list[Remembered]]:
    last_chat = -1
    while page := await remembered_chats.remembered(pool, bot_id, last_chat, activated_at_ms):
        yield page
        last_chat = page[-1].chat_id


def _not_at_once(lost: Lost, now_ms: int) -> Lost:
    """Spread over ten minutes, but let no chat wait longer than it is late."""
    late_ms = now_ms - lost.due_ms
    if late_ms < 0:
        return lost
    return lost._replace(due_ms=now_ms + spread_over(lost.chat_id, min(SPREAD_MS, late_ms)))


def _lost(row: Remembered, newest: Snapshot, pauses: Sequence[Pause]) -> Lost:
    """A silence stood still through every pause since it began; Redis has forgotten what it learned of the pauses."""
    if row.cursor is None:
        seen_ms = row.last_active_ms
        silent_due_ms = due_ms(newest, pauses, row.chat_id, seen_ms)
        return Lost(row.chat_id, seen_ms, silent_due_ms, on_wire=False, opaque="")
    due = row.due_ms if row.due_ms is not None else row.last_active_ms
    return Lost(row.chat_id, row.cursor.episode_id, due, row.sending, cursor.write(row.cursor), row.version)
