"""`python -m engine.poller --shard N`: claims what is due for the bots of one shard, and sends it.

One lane a bot, so that no bot's burst, 429 or revoked token delays another. A second poller of a shard stands by, and
takes over when the first ends, however it ends. Beside the lanes: the catalogue is read again at each change, lost
timers are rebuilt, what was sent to stay a while is swept away, partitions are made ahead, and deliveries of which
nothing was heard given up.

`python -m engine.poller --reshard S` changes the number of shards while all of them run; pollers of new shards are best
started before, with `--ahead`.
"""

import argparse
import asyncio
import sys
from typing import Final, NamedTuple

import uvloop

from engine.core.errors import RecoveryError
from engine.media.uploads import Uploads
from engine.poller import shard
from engine.poller.batched_io import Doors
from engine.poller.dispatch import Dispatch
from engine.poller.lanes import Lanes
from engine.poller.reaper import end_left_open, reap
from engine.poller.replanner import Replanner
from engine.poller.served_bots import Catalogue
from engine.poller.server_clock import ServerClock
from engine.poller.shard import Shard
from engine.poller.sweeper import Sweeper
from engine.runtime import config_listener, metrics
from engine.runtime.process import allow_many_connections, any_set, command, keep_what_is_loaded, stop_on_signals
from engine.runtime.telemetry import configure, logger
from engine.security.signed_links import Links
from engine.security.vault import Vault
from engine.settings import MAX_SHARDS, Settings, load_settings
from engine.telegram import Sender
from storage.postgres import partitions
from storage.postgres.pool import Pool, now_ms, open_pool
from storage.redis import shards
from storage.redis.bot_state import server_now_ms
from storage.redis.client import Redis, check_redis, open_redis
from storage.redis.ownership import Ownership, this_process
from storage.redis.timers import Timers

TURN_S: Final = 1.0
SWEEP_MS: Final = 30_000
CLOCKS_APART_MS: Final = 5_000


class Turn(NamedTuple):
    """What one turn found: the lanes that run, and how many deliveries were given up."""

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
        self._catalogue = Catalogue(pool, vault)
        doors = Doors(pool, client, self._timers, self._sender, self._clock)
        links = Links(vault.link_keys, settings.public_url)
        dispatch = Dispatch(doors, self._catalogue, self._clock, links, settings.admin_ids)
        self._lanes = Lanes(shard, self._catalogue, dispatch, self._timers, self._clock)
        self._sweeper = Sweeper(pool, client, self._sender, self._catalogue, self._clock, self._is_ours)
        self._replanner = Replanner(pool, self._timers, self._catalogue, self._clock, self._is_ours)
        self._wake = asyncio.Event()
        self._swept_at_ms = 0
        shard.changed = self._wake.set

    async def run_once(self) -> Turn:
        """Bring the lanes in line with shard and catalogue, and mend what is broken. Raises UnreachableError."""
        await self._catalogue.refresh()
        await self._compare_clocks()
        self._lanes.match()
        self._lanes.mend(self._pool, self._client, self._sender)
        metrics.lanes.set(len(self._lanes))
        return Turn(len(self._lanes), await self._sweep() if self._shard.epoch else 0)

    async def run(self, stop: asyncio.Event) -> None:
        """Turn after turn until told to stop, or until the shard is no more; then what is in flight is finished."""
        beside = [
            asyncio.create_task(self._shard.run()),
            asyncio.create_task(config_listener.hear(self._pool, self._wake.set)),
            asyncio.create_task(self._sweeper.run()),
            asyncio.create_task(self._replanner.run()),
        ]
        while not (stop.is_set() or self._shard.is_no_more):
            self._wake.clear()
            try:
                await self.run_once()
            except RecoveryError as error:
                logger().warning("Poller turn failed", error=str(error))
            except Exception:  # noqa: BLE001 - a failed turn never ends the loop
                logger().exception("Poller turn failed")
            await any_set(TURN_S, stop, self._wake)
        await self._close(beside)

    async def _close(self, beside: list[asyncio.Task[None]]) -> None:
        """The shard is free as soon as nothing is claimed any more; the sends on their way do not hold it."""
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, self._lanes.stop(), return_exceptions=True)
        try:
            await self._shard.release()
        except RecoveryError as error:
            logger().warning("Shard not released: it is free in a moment", error=str(error))
        await self._lanes.finish()
        await self._sender.close()

    def _is_ours(self, bot_id: int) -> bool:
        return self._shard.epoch_of(bot_id) is not None

    async def _compare_clocks(self) -> None:
        before_ms = await server_now_ms(self._client)
        postgres_ms = await now_ms(self._pool)
        after_ms = await server_now_ms(self._client)
        self._clock.hear(after_ms)
        redis_ms = min(max(postgres_ms, before_ms), after_ms)
        self._catalogue.clocks_apart = abs(redis_ms - postgres_ms) > CLOCKS_APART_MS
        if self._catalogue.clocks_apart:
            logger().error("Lanes shut: set the clocks of Redis and PostgreSQL", apart_ms=redis_ms - postgres_ms)

    async def _sweep(self) -> int:
        if self._clock.now_ms() - self._swept_at_ms < SWEEP_MS:
            return 0
        await partitions.make_ahead(self._pool, self._clock.now_ms())
        reaped = await reap(self._pool, self._timers, self._clock.now_ms())
        metrics.given_up.inc(reaped)
        await end_left_open(self._pool, self._clock.now_ms())
        self._swept_at_ms = self._clock.now_ms()
        return reaped


async def serve(settings: Settings, number: int, *, ahead: bool) -> None:
    """Open the doors and run until SIGTERM or Ctrl-C. Raises SettingsError, UnreachableError, MigrationError."""
    client = open_redis(settings.redis_url)
    await check_redis(client)
    layout = await shard.agree(client, number, settings.shards, ahead=ahead)
    pool = await open_pool(settings.database_url)
    stop = stop_on_signals()
    ours = Shard(client, Ownership(client, this_process()), number, layout)
    poller = Poller(settings, ours, pool, client, await server_now_ms(client))
    if (await ours.run_once()).epoch is None:
        logger().info("Standing by", shard=number, shards=layout.shards)
    try:
        await poller.run(stop)
    finally:
        await pool.close()
        await client.aclose()
    logger().info("Poller stopped", shard=number, reason="told to" if stop.is_set() else "the shard is no more")


async def reshard(settings: Settings, count: int) -> str:
    """From now on there are so many shards. Raises UnreachableError."""
    client = open_redis(settings.redis_url)
    try:
        await check_redis(client)
        before = await shards.read(client)
        await shards.change(client, count)
    finally:
        await client.aclose()
    known = before.shards if before else 0
    grown = f" Start pollers for the shards {known} to {count - 1} now." if count > known else ""
    return f"There are {count} shards now: the pollers follow within a second.{grown} Where SHARDS is set, set it anew."


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m engine.poller", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--shard", type=int, metavar="N", help="which shard to serve, from 0; a second one stands by")
    parser.add_argument(
        "--ahead", action="store_true", help="the shard may come with the next --reshard: stand by for it"
    )
    what.add_argument("--reshard", type=_count, metavar="S", help="change the number of shards")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_SHARDS):
        raise argparse.ArgumentTypeError(f"give a whole number from 1 to {MAX_SHARDS}")
    return int(text)


@command
def main(arguments: list[str] | None = None) -> None:
    given = _arguments(arguments)
    settings = load_settings()
    configure(settings)
    keep_what_is_loaded()
    allow_many_connections()
    if given.reshard is not None:
        sys.stdout.write(f"{asyncio.run(reshard(settings, given.reshard))}\n")
        return
    metrics.serve(settings.metrics_port)
    uvloop.run(serve(settings, given.shard, ahead=given.ahead))


if __name__ == "__main__":
    sys.exit(main())
