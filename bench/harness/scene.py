"""Sixty bots, or as many as are wanted, with everything started that serves them: ready when it is given.

The pollers are watched. In the null scene there are neither sandbox nor receiver: the bots are only known to the
tables, timers are armed directly, and every send is answered at once.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

from bench.harness import observations
from bench.harness.delivery_counts import DeliveryCounts
from bench.harness.observations import Observed
from bench.harness.planted_bots import plant
from bench.harness.ready import until_ready
from bench.harness.roads import DirectRoad, Road, SandboxRoad
from bench.harness.stack import Stack, activate_campaign, give_campaign
from bench.harness.stores import open_stores
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import BotInfo
from engine.core.errors import RecoveryError
from storage.postgres.pool import Pool
from storage.redis.client import Redis

_NOWHERE: Final = "http://127.0.0.1:9"
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.25


class Scene(NamedTuple):
    """`client` is None where there is no sandbox."""

    stack: Stack
    redis: Redis
    pool: Pool
    bots: Sequence[BotInfo]
    pollers: Sequence[str]
    road: Road
    client: SandboxClient | None = None

    @property
    def sandbox(self) -> SandboxClient:
        """Raises LookupError in the null scene."""
        if self.client is None:
            raise LookupError("the null scene has no sandbox")
        return self.client

    @property
    def ids(self) -> list[int]:
        return [bot.id for bot in self.bots]

    async def until_settled(self, deliveries: int, patience_s: float = _PATIENCE_S) -> None:
        """Until this many deliveries in all have ended. Raises RecoveryError if it takes too long."""
        counts, give_up = DeliveryCounts(self.redis, self.pool, self.ids), time.monotonic() + patience_s
        while (settled := await counts.settled()) < deliveries:
            self.stack.check_alive()
            if time.monotonic() > give_up:
                raise RecoveryError(f"Of {deliveries} deliveries, {settled} were over within {patience_s:.0f} s.")
            await asyncio.sleep(_LOOK_S)

    async def stop_pollers(self) -> list[Observed]:
        """Gives what they saw. Raises RecoveryError if one does not stop."""
        for name in self.pollers:
            await self.stack.stop(name)
        return [one for name in self.pollers for one in observations.read(self.stack.observations_of(name))]


async def whole_scene(
    stack: Stack,
    contexts: AsyncExitStack,
    campaign: str,
    *,
    bots: int,
    people: int,
    pollers: int,
    options: Sequence[str] = (),
) -> Scene:
    """The whole road: people who write at the sandbox, one receiver, and pollers."""
    ready = stack.start_sandbox(bots, 0, *options)
    await give_campaign(stack.settings, ready.bots, campaign)
    redis, pool = await contexts.enter_async_context(open_stores(stack.settings))
    client = await contexts.enter_async_context(SandboxClient(ready.control_url))
    stack.start_receiver()
    names = await _start_pollers(stack, pollers, null_sender=False)
    ids = [bot.id for bot in ready.bots]
    await until_ready(stack, client, DeliveryCounts(redis, pool, ids).whole, ids, names)
    known = [person.id for person in await client.add_people(people)]
    return Scene(stack, redis, pool, ready.bots, names, SandboxRoad(client, ids, known), client)


async def null_scene(
    stack: Stack, contexts: AsyncExitStack, campaign: str, *, threshold_ms: int, bots: int, pollers: int
) -> Scene:
    """Pollers and servers alone."""
    stack.env["TELEGRAM_API_URL"] = _NOWHERE
    infos = await plant(stack.settings, bots)
    redis, pool = await contexts.enter_async_context(open_stores(stack.settings))
    await activate_campaign(stack.settings, infos, campaign)
    road = DirectRoad(redis, [info.id for info in infos], threshold_ms)
    await contexts.enter_async_context(road.confirming_feeds())
    names = await _start_pollers(stack, pollers, null_sender=True)
    scene = Scene(stack, redis, pool, infos, names, road)
    await _until_pollers_serve(scene)
    return scene


async def _start_pollers(stack: Stack, count: int, *, null_sender: bool) -> list[str]:
    await stack.set_shards(count)
    return [stack.start_watched_poller(shard, null_sender=null_sender) for shard in range(count)]


async def _until_pollers_serve(scene: Scene) -> None:
    counts, give_up = DeliveryCounts(scene.redis, scene.pool, scene.ids), time.monotonic() + _PATIENCE_S
    while not await counts.whole():
        scene.stack.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(f"The pollers did not rebuild their timers within {_PATIENCE_S:.0f} s.")
        await asyncio.sleep(_LOOK_S)
