"""Gives up deliveries without an answer: claimed long ago, and no longer held by any poller.

A late answer has twice the longest time-out of a send; a poller that still holds the chat keeps the delivery. The
reaper also finishes a stop or a removal whose process died in the middle: it ends the episodes that were left open, and
drops the timers that a removed bot left in Redis.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
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
    reaped = 0
    async for page in find_stuck(pool, now_ms - PATIENCE_MS):
        if abandoned := await _abandoned(timers, page):
            reaped += await reap_deliveries(pool, abandoned)
    return reaped


async def end_left_open(pool: Pool, now_ms: int) -> int:
    """End what a stop or a removal left open; returns how many episodes."""
    left_open = await chats.left_open(pool)
    return sum([await chats.conclude_all(pool, bot_id, Reason.STOPPED, now_ms, now_ms) for bot_id in left_open])


async def forget_removed(pool: Pool, client: Redis) -> None:
    """Drop what Redis still keeps of removed bots. Safe to repeat. Raises UnreachableError."""
    for bot_id in await bots.removed(pool):
        await forget_bot(client, bot_id)


async def _abandoned(timers: Timers, page: Sequence[Stuck]) -> list[Stuck]:
    """Those whose chat has no timer, or another version by now. Redis is asked once for each bot."""
    found: list[Stuck] = []
    for bot_id, rows in groupby(sorted(page), attrgetter("bot_id")):
        stuck: list[Stuck] = list(rows)
        versions = await timers.versions(bot_id, [row.chat_id for row in stuck])
        found += [row for row, version in zip(stuck, versions, strict=True) if version != row.version]
    return found
