"""On what a storm strikes, and what a strike leaves behind. Here the victims are found as well."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from bench.harness.proxy import Proxy
from bench.questions.chaos.crew import Crew
from bench.questions.chaos.plan import Strike
from bench.questions.exactly_once.evidence import Owner
from bench.questions.exactly_once.scene import LOOK_S, Scene, Victim
from engine.core.errors import RecoveryError
from engine.core.identity import shard_of
from storage.redis.client import Redis

VALKEY: Final = "valkey"
POSTGRES: Final = "postgres"
"""The ways of the proxy, by the servers to which they lead."""
_PATIENCE_S: Final = 20.0


class Ground(NamedTuple):
    """`redis` leads straight to the server, whatever happens to the processes' own connections."""

    scene: Scene
    crew: Crew
    proxy: Proxy
    redis: Redis

    def bot(self, strike: Strike) -> int:
        """The bot at which a strike is aimed."""
        return self.scene.bots[int(strike.aim * len(self.scene.bots))]


class Hold(NamedTuple):
    """A bot that Telegram refused for a while, and which then had to wait."""

    bot: int
    from_ms: int
    until_ms: int


class Blow(NamedTuple):
    """`whom` it struck. `recoverable_ms`: from when on the service can recover; None: from the end of the strike."""

    whom: str
    recoverable_ms: int | None = None
    killed_pollers: int = 0
    hold: Hold | None = None


@dataclass(frozen=True)
class Struck:
    """A strike as it came. Moments are those of this machine's clock, which is the sandbox's as well."""

    strike: Strike
    blow: Blow
    began_ms: int
    ended_ms: int

    @property
    def recoverable_ms(self) -> int:
        return self.ended_ms if self.blow.recoverable_ms is None else self.blow.recoverable_ms


Act: TypeAlias = Callable[[Ground, Strike], Awaitable[Blow]]


async def serving_poller(ground: Ground, strike: Strike) -> Victim:
    """The poller that serves the bot at which a strike is aimed. Raises RecoveryError."""
    bot, seen = ground.bot(strike), ground.scene.evidence

    async def look() -> Victim | None:
        shards = (await seen.shards()).shards
        shard = shard_of(bot, shards)
        name = _name(ground, await seen.poller_of(shard))
        bots = tuple(bot for bot in ground.scene.bots if shard_of(bot, shards) == shard)
        return Victim(name, shard, bots) if name else None

    return await _found(look, "poller")


async def feeding_receiver(ground: Ground, strike: Strike) -> Victim:
    """The receiver that has the feed of the bot at which a strike is aimed. Raises RecoveryError."""

    async def look() -> Victim | None:
        name = _name(ground, await ground.scene.evidence.receiver_of(ground.bot(strike)))
        return Victim(name, 0, ground.scene.bots) if name else None

    return await _found(look, "receiver")


def _name(ground: Ground, owner: Owner | None) -> str | None:
    """None as long as nobody has taken over from a process that has ended."""
    pids = ground.scene.stack.pids
    return next((name for name in ground.crew.names if owner and pids.get(name) == owner.pid), None)


async def _found(look: Callable[[], Awaitable[Victim | None]], role: str) -> Victim:
    give_up = time.monotonic() + _PATIENCE_S
    while (victim := await look()) is None:
        if time.monotonic() > give_up:
            raise RecoveryError(f"No {role} had taken over after {_PATIENCE_S:.0f} s.")
        await asyncio.sleep(LOOK_S)
    return victim
