"""Holds the chats back until every silence is long over, and releases them all at once."""

import os
import time
from collections.abc import Sequence

from bench.sandbox.protocol import BotInfo
from engine.administration import bots as registry
from engine.administration import campaigns
from engine.core.change import Change
from engine.core.delivery.rate_limit import FREE_MOST
from engine.settings import Settings
from storage.postgres.pool import open_pool


async def set_pace(settings: Settings, bots: Sequence[BotInfo], pace: int) -> None:
    """Above Telegram's free rate, the bots pay for their messages."""
    paid = pace > FREE_MOST
    async with await open_pool(settings.database_url) as pool:
        for bot in bots:
            await registry.set_pace(pool, bot.username, pace, _change(), paid=paid, confirmed=paid)


async def stop(settings: Settings) -> None:
    async with await open_pool(settings.database_url) as pool:
        await campaigns.stop_all(pool, _change())


async def resume(settings: Settings) -> int:
    """Gives the time from which everything is due, in ms."""
    async with await open_pool(settings.database_url) as pool:
        change = _change()
        await campaigns.resume_all(pool, change)
    return change.at


def _change() -> Change:
    return Change(actor=f"bench:{os.getpid()}", at=time.time_ns() // 1_000_000)
