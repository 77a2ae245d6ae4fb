"""The ways by which people fall silent: through the sandbox and the receiver, or by timers that are armed directly."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

from bench.harness.beside import beside
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act
from engine.runtime.process import is_cancelled
from storage.redis import keys
from storage.redis.client import Redis
from storage.redis.ownership import Ownership, this_process
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Holding, Sign
from storage.redis.timers import Timers

_FIRST_CHAT: Final = 7_000_000_000
_FEED_TTL_MS: Final = 10_000
_CONFIRM_S: Final = 0.5


class Road(Protocol):
    async def fall_silent(self, first: int, count: int) -> None:
        """People number `first` and the following ones give a last sign of life: each in a chat of its own."""


class SandboxRoad:
    """People write to the bots in turn, and the receiver takes their updates."""

    def __init__(self, client: SandboxClient, bots: Sequence[int], people: Sequence[int]) -> None:
        self._client = client
        self._bots = bots
        self._people = people

    async def fall_silent(self, first: int, count: int) -> None:
        await self._client.act([self._act(number) for number in range(first, first + count)])

    def _act(self, number: int) -> Act:
        person, bot = divmod(number, len(self._bots))
        return Act("write", self._bots[bot], self._people[person], text="Olá!")


class DirectRoad:
    """No receiver: the timers are armed directly, and the feeds are confirmed as a receiver would do it."""

    def __init__(self, client: Redis, bots: Sequence[int], threshold_ms: int) -> None:
        self._client = client
        self._threshold_ms = threshold_ms
        self._timers = Timers(client)
        self._bots = bots

    async def fall_silent(self, first: int, count: int) -> None:
        signs: defaultdict[int, list[Sign]] = defaultdict(list)
        for number in range(first, first + count):
            person, bot = divmod(number, len(self._bots))
            signs[self._bots[bot]].append(Sign(_FIRST_CHAT + person, 0))
        await asyncio.gather(*(self._timers.touch(bot, some, self._threshold_ms) for bot, some in signs.items()))

    @asynccontextmanager
    async def confirming_feeds(self) -> AsyncIterator[None]:
        """As long as the block lasts, nobody's silence is in doubt."""
        async with beside(asyncio.create_task(self._confirm_feeds())):
            yield

    async def _confirm_feeds(self) -> None:
        ownership, run = Ownership(self._client, this_process()), await run_of(self._client)
        feeds = [keys.of_bot(bot).poll for bot in self._bots]
        while not is_cancelled():
            owned = await ownership.take_all(feeds, _FEED_TTL_MS)
            for bot, one in zip(self._bots, owned, strict=True):
                await self._timers.confirm(bot, Holding(f"{ownership.owner} {one.epoch}", run))
            await asyncio.sleep(_CONFIRM_S)
