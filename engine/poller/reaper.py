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
from engine.core.errors import UnreachableError
from engine.runtime.telemetry import logger
from engine.telegram.session import LONGEST_S
from storage.postgres import bots, chats
from storage.postgres.deliveries.reap import Stuck, find_stuck, reap_deliveries
from storage.postgres.pool import Pool
from storage.redis.chat_states import forget_each
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
    """Drop what Redis still keeps of removed bots. Safe to repeat. Raises UnreachableError.

    Those that some node of a cluster does not drop now are left to the next time.
    """
    failed = await forget_each(client, await bots.removed(pool))
    if failed:
        logger().warning("Removed bots not forgotten yet", bots=len(failed), error=failed[0])


async def _abandoned(timers: Timers, page: Sequence[Stuck]) -> list[Stuck]:
    """Those whose chat has no timer, or another version by now. A bot whose node does not answer is left alone."""
    of_bots = {bot_id: list(rows) for bot_id, rows in groupby(sorted(page), attrgetter("bot_id"))}
    asked = [(bot_id, [row.chat_id for row in rows]) for bot_id, rows in of_bots.items()]
    found: list[Stuck] = []
    for (bot_id, rows), versions in zip(of_bots.items(), await timers.versions_of_each(asked), strict=True):
        if isinstance(versions, UnreachableError):
            logger().warning("Stuck deliveries not given up yet", bot_id=bot_id, error=versions)
        else:
            found += [row for row, version in zip(rows, versions, strict=True) if version != row.version]
    return found
