"""Where the herd stands: behind the emergency stop, until every silence is long over; then all is due in one moment."""

import asyncio
import os
import time
from collections.abc import Sequence

from bench.sandbox.client import SandboxClient
from bench.sandbox.wire import BotInfo
from bench.stage import House
from engine import administration, registry
from engine.core.campaign import Change
from engine.core.errors import RecoveryError
from engine.settings import Settings
from storage.postgres import open_pool

_LOOK_S = 0.5
_SLOWEST = 3.0
_MOST_PAUSES_S = 60.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def set_pace(settings: Settings, bots: Sequence[BotInfo], pace: int) -> None:
    async with await open_pool(settings.database_url) as pool:
        for bot in bots:
            await registry.set_pace(pool, bot.username, pace, _change(), paid=False, confirmed=False)


async def shut(settings: Settings) -> None:
    async with await open_pool(settings.database_url) as pool:
        await administration.stop_all(pool, _change())


async def open_(settings: Settings) -> int:
    """Gives the moment from which on all is due."""
    async with await open_pool(settings.database_url) as pool:
        moment_ms = now_ms()
        await administration.resume_all(pool, _change())
    return moment_ms


def _change() -> Change:
    return Change(actor=f"bench:{os.getpid()}", at=now_ms())
