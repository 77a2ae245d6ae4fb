"""Finds the moment and the victim for a disturbance.

Before it strikes a poller, every send is slowed down, so that many are under way. The victim is the poller that serves
the shard with the most of them, according to Redis.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, TypeAlias

from bench.harness.stack import Stack
from bench.questions.exactly_once.evidence import Evidence
from bench.questions.exactly_once.finding import Finding
from bench.questions.exactly_once.play import Play
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Fault, FaultKind
from engine.core.identity import shard_of

LOOK_S: Final = 0.05
_SLOW: Final = Fault(FaultKind.SLOW, method="sendMessage", latency_ms=600)
_UNDER_WAY: Final = 10


class Victim(NamedTuple):
    """A poller that is sending: the name of its process, its shard, and the bots of the shard."""

    name: str
    shard: int
    bots: tuple[int, ...]


class Scene(NamedTuple):
    """`owed`: about how many messages. `kills`: a poller will be killed."""

    stack: Stack
    play: Play
    evidence: Evidence
    client: SandboxClient
    bots: tuple[int, ...]
    owed: int
    standbys: int
    kills: bool

    async def reached(self, share: float) -> None:
        """Returns once this share of the owed messages was sent."""
        await until(lambda: len(self.play.sends) >= self.owed * share)

    @asynccontextmanager
    async def slow_sends(self) -> AsyncIterator[None]:
        slow = await self.client.set_fault(_SLOW)
        try:
            yield
        finally:
            await self.client.remove_fault(slow.id)

    async def sending_poller(self) -> Victim:
        """Returns as soon as a poller has enough sends under way."""
        while True:
            shards = (await self.evidence.shards()).shards
            busiest = Counter(shard_of(row.bot_id, shards) for row in self.play.open).most_common(1)
            if busiest and busiest[0][1] >= _UNDER_WAY and (victim := await self._victim(busiest[0][0], shards)):
                return victim
            await asyncio.sleep(LOOK_S)

    async def under_way(self, victim: Victim) -> int:
        """How many sends of the victim's bots have arrived and not ended."""
        requests = await self.client.open_requests(0)
        return sum(row.method == "sendMessage" and row.bot_id in victim.bots for row in requests)

    async def _victim(self, shard: int, shards: int) -> Victim | None:
        owner = await self.evidence.poller_of(shard)
        bots = tuple(bot for bot in self.bots if shard_of(bot, shards) == shard)
        return Victim(self.stack.name_of(owner.pid), shard, bots) if owner else None


Disturbance: TypeAlias = Callable[[Scene], Awaitable[Finding]]


async def until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - the state is itself polled, there is no event
        await asyncio.sleep(LOOK_S)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
