"""Bots with armed chats, of which some are due, and what is done to them: touches, and claims that are settled."""

import time
from collections.abc import Sequence
from itertools import count, cycle
from typing import Final

from engine.poller.lane import AT_ONCE
from storage.redis import bot_state, keys
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Holding, Lost, NextTimer, Sign
from storage.redis.timers import BATCH, Timers

_FIRST_BOT: Final = 7_000_000_001
_FIRST_CHAT: Final = 8_000_000_000
_HOLDER: Final = "bench 1"
_EPOCH: Final = 1
_LEASE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
_STRIDE: Final = 2_654_435_761
"""From one chat to the next: a prime, so that all are met, and far, so that they are no neighbours."""


def bot_ids(first: int, count: int) -> list[int]:
    return list(range(_FIRST_BOT + first, _FIRST_BOT + first + count))


async def open_feed(client: Redis, timers: Timers, bot_id: int) -> None:
    """From now on what is due may be claimed: the timers are whole, and the feed is confirmed."""
    run = await run_of(client)
    await bot_state.set_generation(client, bot_id, 1, run)
    await client.set(keys.of_bot(bot_id).poll, _HOLDER)
    await timers.confirm(bot_id, Holding(_HOLDER, run))


async def make_due(timers: Timers, bot_id: int, chats: int, due_ms: int) -> None:
    """Chats that are all due at the same moment."""
    for page in _pages(0, chats):
        lost = [Lost(_FIRST_CHAT + chat, due_ms - DAY_MS, due_ms, on_wire=False, opaque="") for chat in page]
        await timers.restore(bot_id, lost)


async def arm(client: Redis, timers: Timers, bots: Sequence[int], chats: int, due: int) -> None:
    """`chats` in all, of which `due` are due and the others a day away."""
    each, each_due = chats // len(bots), due // len(bots)
    for bot_id in bots:
        await open_feed(client, timers, bot_id)
        await make_due(timers, bot_id, each_due, await server_now_ms(client))
        for page in _pages(each_due, each):
            await timers.touch(bot_id, [Sign(_FIRST_CHAT + chat, 0) for chat in page], DAY_MS)


class Touches:
    """Lists of chats from all over: each of a bot's chats is touched before any of them is touched again, so that no
    cache of the processor holds them. Those that are due stay so.
    """

    def __init__(self, timers: Timers, bots: Sequence[int], chats: int, due: int, for_s: float) -> None:
        each, self._first = chats // len(bots), due // len(bots)
        self._chats = each - self._first
        self._timers, self._bots, self._for_s = timers, bots, for_s
        self._numbers = count()

    async def __call__(self) -> int:
        done, until_s = 0, time.perf_counter() + self._for_s
        while time.perf_counter() < until_s:
            bot_id, chats = self.next_list()
            await self._timers.touch(bot_id, [Sign(chat, 0) for chat in chats], DAY_MS)
            done += len(chats)
        return done

    def next_list(self) -> tuple[int, list[int]]:
        """The bots take turns."""
        turn, bot = divmod(next(self._numbers), len(self._bots))
        size = min(BATCH, self._chats)
        places = range(turn * size, (turn + 1) * size)
        return self._bots[bot], [_FIRST_CHAT + self._first + place * _STRIDE % self._chats for place in places]


class Fires:
    """Claims what is due and settles it, due again behind the others."""

    def __init__(self, timers: Timers, bots: Sequence[int], for_s: float) -> None:
        self._timers, self._bots, self._for_s = timers, cycle(bots), for_s

    async def __call__(self) -> int:
        done, until_s = 0, time.perf_counter() + self._for_s
        while time.perf_counter() < until_s:
            done += await fire(self._timers, next(self._bots), again=True)
        return done


async def fire(timers: Timers, bot_id: int, *, again: bool) -> int:
    """Claim as many as a lane does, and settle them as due again a millisecond later, behind the others, or as over.

    Gives how many were claimed.
    """
    due = (await timers.claim(bot_id, AT_ONCE, _LEASE_MS, _EPOCH)).timers
    plans = [NextTimer(held.chat_id, held.version, held.due_ms + 1 if again else -1) for held in due]
    await timers.settle(bot_id, plans)
    return len(due)


def _pages(first: int, end: int) -> list[range]:
    return [range(start, min(end, start + BATCH)) for start in range(first, end, BATCH)]
