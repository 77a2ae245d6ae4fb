"""The poller: the services of one shard, side by side."""

import asyncio
from math import inf
from typing import Final, NamedTuple

from engine.core.errors import RecoveryError
from engine.core.watermark import CLOCKS_APART_MS
from engine.media.uploads import Uploads
from engine.poller.batched_io import Doors
from engine.poller.dispatch import Dispatch
from engine.poller.lanes import Lanes
from engine.poller.partition_maker import PartitionMaker
from engine.poller.reaper import end_left_open, forget_removed, reap
from engine.poller.reconciler import Reconciler
from engine.poller.replanner import Replanner
from engine.poller.served_bots import ServedBots
from engine.poller.shard import Shard
from engine.poller.sweeper import Sweeper
from engine.runtime import config_listener, metrics
from engine.runtime.elapsed import elapsed_s
from engine.runtime.process import any_set
from engine.runtime.server_clock import ServerClock
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from engine.security.signed_links import SignedLinks
from engine.security.vault import Vault
from engine.settings import Settings
from engine.telegram.sender import Sender
from storage.postgres import shard_number
from storage.postgres.pool import Pool, now_ms
from storage.redis.client import Redis
from storage.redis.server_clock import clocks_ms
from storage.redis.shards import Layout
from storage.redis.timers import Timers

TURN_S: Final = 1.0
SWEEP_S: Final = 30.0


class PollerTurn(NamedTuple):
    """How many lanes run, and how many deliveries were given up."""

    lanes: int
    reaped: int


class Poller:
    def __init__(self, settings: Settings, shard: Shard, pool: Pool, client: Redis, now_ms: int) -> None:
        self._shard = shard
        self._pool = pool
        self._client = client
        self._clock = ServerClock(now_ms)
        self._timers = Timers(client)
        self._sender = Sender(settings.telegram_api_url, Uploads(pool, settings.media_dir))
        vault = Vault(settings.encryption_keys)
        self._catalogue = ServedBots(pool, vault)
        doors = Doors(pool, client, self._timers, self._sender, self._clock)
        links = SignedLinks(vault.link_keys, settings.public_url)
        dispatch = Dispatch(doors, self._catalogue, self._clock, links, settings.admin_ids)
        self._lanes = Lanes(shard, self._catalogue, dispatch, self._timers, self._clock)
        self._sweeper = Sweeper(
            pool, client, self._sender, self._catalogue, self._clock, self._is_ours, self._lanes.suspect
        )
        self._replanner = Replanner(pool, self._timers, self._catalogue, self._clock, self._is_ours)
        self._reconciler = Reconciler(pool, client, self._timers, self._catalogue, self._clock, self._is_ours)
        self._partition_maker = PartitionMaker(pool, self._clock, lambda: shard.is_first and shard.epoch is not None)
        self._wake = asyncio.Event()
        self._swept_at_s = -inf
        self._kept: Layout | None = None
        shard.changed = self._wake.set

    async def run_once(self) -> PollerTurn:
        """Bring the lanes in line with the shard and its bots, and repair what is broken. Raises UnreachableError."""
        self._wake.clear()
        await self._catalogue.refresh()
        await self._compare_clocks()
        self._lanes.match()
        self._lanes.mend(self._pool, self._client, self._sender)
        metrics.lanes.set(len(self._lanes))
        return PollerTurn(len(self._lanes), await self._sweep() if self._shard.epoch else 0)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set or the shard no longer exists; then finish what is in flight."""
        beside = [
            asyncio.create_task(self._shard.run()),
            asyncio.create_task(config_listener.listen(self._pool, self._wake.set)),
            asyncio.create_task(self._sweeper.run()),
            asyncio.create_task(self._replanner.run()),
            asyncio.create_task(self._reconciler.run()),
            asyncio.create_task(self._partition_maker.run()),
        ]
        await run_service(
            self.run_once,
            lambda _: any_set(TURN_S, stop, self._wake),
            "Poller turn failed",
            is_over=lambda: stop.is_set() or self._shard.is_no_more,
        )
        await self._close(beside)

    async def _close(self, beside: list[asyncio.Task[None]]) -> None:
        """Release the shard as soon as nothing more is claimed; sends under way do not hold it."""
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, self._lanes.stop(), return_exceptions=True)
        try:
            await self._shard.release()
        except RecoveryError as error:
            logger().warning("Shard not released: it expires in a moment", error=error)
        await self._lanes.finish()
        await self._sender.close()

    def _is_ours(self, bot_id: int) -> bool:
        return self._shard.epoch_of(bot_id) is not None

    async def _keep_number(self) -> None:
        """Each number of shards once, for a Redis that is emptied while no poller runs."""
        layout = self._shard.layout
        if layout != self._kept:
            await shard_number.keep(self._pool, layout.shards, layout.stamp)
            self._kept = layout

    async def _compare_clocks(self) -> None:
        before_ms = await clocks_ms(self._client)
        postgres_ms = await now_ms(self._pool)
        asked_s = elapsed_s()
        after_ms = await clocks_ms(self._client)
        self._clock.hear(max(after_ms.values()), asked_s)
        asked = before_ms.keys() & after_ms.keys()
        redis_ms = [min(max(postgres_ms, before_ms[server]), after_ms[server]) for server in asked]
        apart_ms = max((one_ms - postgres_ms for one_ms in redis_ms), key=abs, default=0)
        self._catalogue.clocks_apart = abs(apart_ms) > CLOCKS_APART_MS
        if self._catalogue.clocks_apart:
            logger().error("Lanes shut: set the clocks of Redis and PostgreSQL", apart_ms=apart_ms)
        if not self._clock.is_settled:
            jump = {"jumped_ms": self._clock.jumped_ms, "opening_in_s": round(self._clock.settles_in_s)}
            logger().error("Lanes shut: the clock of Redis was set. Restarted pollers go by it as it is.", **jump)

    async def _sweep(self) -> int:
        if elapsed_s() - self._swept_at_s < SWEEP_S:
            return 0
        reaped = await reap(self._pool, self._timers, self._clock.now_ms())
        metrics.given_up.inc(reaped)
        await end_left_open(self._pool, self._clock.now_ms())
        await forget_removed(self._pool, self._client)
        self._swept_at_s = elapsed_s()
        await self._keep_number()
        return reaped
