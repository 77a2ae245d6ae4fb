"""Gives up deliveries without an answer: claimed long ago, and no longer held by any poller.

A late answer has twice the longest time-out of a send; a poller that still holds the chat keeps the delivery. The
reaper also finishes a stop or a removal whose process died in the middle: it ends the episodes that were left open, and
drops the timers that a removed bot left in Redis.
"""

from typing import Final

from engine.core.delivery.gate import Reason
from engine.telegram.session import LONGEST_S
from storage.postgres import bots, chats
from storage.postgres.deliveries.reap import Stuck, find_stuck, reap_deliveries
from storage.postgres.pool import Pool
from storage.redis.chat_states import forget_bot
from storage.redis.client import Redis
from storage.redis.timers import Timers

PATIENCE_MS: Final = 2 * LONGEST_S * 1000


async def reap(pool: Pool, timers: Timers, now_ms: int) -> int:
    """Make abandoned deliveries `unknown`; returns how many."""
    stuck = await find_stuck(pool, now_ms - PATIENCE_MS)
    abandoned = [row for row in stuck if await _is_abandoned(timers, row)]
    return await reap_deliveries(pool, abandoned) if abandoned else 0


async def end_left_open(pool: Pool, now_ms: int) -> int:
    """End what a stop or a removal left open; returns how many episodes."""
    left_open = await chats.left_open(pool)
    return sum([await chats.conclude_all(pool, bot_id, Reason.STOPPED, now_ms, now_ms) for bot_id in left_open])


async def forget_removed(pool: Pool, client: Redis) -> None:
    """Drop what Redis still keeps of removed bots. Safe to repeat. Raises UnreachableError."""
    for bot_id in await bots.removed(pool):
        await forget_bot(client, bot_id)


async def _is_abandoned(timers: Timers, row: Stuck) -> bool:
    [version] = await timers.versions(row.bot_id, [row.chat_id])
    return version != row.version
