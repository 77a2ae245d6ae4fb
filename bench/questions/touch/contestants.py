"""The ways to touch chats that are armed already: through the engine's doors, and past them.

All of them touch the same chats in the same order. The bare ones send prepared bytes, so that what they cost is the
server's work alone.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Final

from bench.harness.bare_redis import IN_FLIGHT, BareRedis, packed
from engine.chats.activity import Activity
from storage.redis import keys
from storage.redis.scripts import script_text
from storage.redis.timer_values import Sign
from storage.redis.timers import BATCH, Timers

THRESHOLD_MS: Final = 3_600_000
_NOW: Final = 0
_FIRST_CHAT: Final = 5_000_000_000
_ZADD_KEY: Final = "bench:zadd"
_SCORES: Final = 4
"""Rounds of different scores, so that each ZADD moves its members."""


def shuffled(chats: int, seed: int) -> list[int]:
    """At least so many, in whole pages. Telegram numbers people with ten digits."""
    numbers = [_FIRST_CHAT + place for place in range(-(-chats // BATCH) * BATCH)]
    random.Random(seed).shuffle(numbers)
    return numbers


def pages(chats: Sequence[int]) -> list[Sequence[int]]:
    return [chats[start : start + BATCH] for start in range(0, len(chats), BATCH)]


async def arm(timers: Timers, bot_id: int, chats: Sequence[int]) -> None:
    for page in pages(chats):
        await timers.touch(bot_id, [Sign(chat, _NOW) for chat in page], THRESHOLD_MS)


class Lists:
    """`Timers.touch`, with as many lists in flight as the bare connection has."""

    def __init__(self, timers: Timers, bot_id: int, chats: Sequence[int], for_s: float) -> None:
        self._timers = timers
        self._bot_id = bot_id
        self._signs = cycle([[Sign(chat, _NOW) for chat in page] for page in pages(chats)])
        self._for_s = for_s

    async def __call__(self) -> int:
        until_s = time.perf_counter() + self._for_s
        return sum(await asyncio.gather(*(self._touch(until_s) for _ in range(IN_FLIGHT))))

    async def _touch(self, until_s: float) -> int:
        touched = 0
        while time.perf_counter() < until_s:
            signs = next(self._signs)
            await self._timers.touch(self._bot_id, signs, THRESHOLD_MS)
            touched += len(signs)
        return touched


class Single:
    """`Activity.mark_user_activity`, awaited for one chat at a time by each of many callers."""

    def __init__(self, activity: Activity, bot_id: int, chats: Sequence[int], callers: int, for_s: float) -> None:
        self._activity = activity
        self._bot_id = bot_id
        self._chats = [cycle(chats[caller::callers]) for caller in range(callers)]
        self._for_s = for_s

    async def __call__(self) -> int:
        until_s = time.perf_counter() + self._for_s
        return sum(await asyncio.gather(*(self._touch(chats, until_s) for chats in self._chats)))

    async def _touch(self, chats: Iterator[int], until_s: float) -> int:
        touched = 0
        while time.perf_counter() < until_s:
            await self._activity.mark_user_activity(self._bot_id, next(chats))
            touched += 1
        return touched


class Bare:
    """Prepared commands of `BATCH` chats each, over one bare connection."""

    def __init__(self, connection: BareRedis, commands: Sequence[bytes], for_s: float) -> None:
        self._connection = connection
        self._commands = cycle(commands)
        self._for_s = for_s

    async def __call__(self) -> int:
        return BATCH * await self._connection.repeat(self._commands, self._for_s)


async def raw_touches(connection: BareRedis, bot_id: int, chats: Sequence[int]) -> list[bytes]:
    """The script itself, on the keys that the engine's doors use."""
    sha = await connection.ask(packed("SCRIPT", "LOAD", script_text("touch_chats")))
    k = keys.of_bot(bot_id)
    head = ("EVALSHA", sha.decode(), 3, k.timers, k.state, k.bot, _NOW, THRESHOLD_MS)
    return [packed(*head, *(word for chat in page for word in (chat, _NOW))) for page in pages(chats)]


def zadds(chats: Sequence[int]) -> list[bytes]:
    """No version, no state, no script: only the score moves."""
    return [
        packed("ZADD", _ZADD_KEY, *(word for chat in page for word in (score * len(chats) + place, chat)))
        for score in range(_SCORES)
        for place, page in enumerate(pages(chats))
    ]
