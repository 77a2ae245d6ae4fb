"""`python -m engine.poller --shard N`: claims what is due for the bots of one shard, and sends it.

One lane a bot, so that no bot's burst, 429 or revoked token delays another. Beside the lanes: the catalogue is read
again every second, lost timers are rebuilt, partitions made ahead, and deliveries of which nothing was heard given up.
"""

import argparse
import asyncio
import contextlib
import sys
from typing import Final, NamedTuple

import uvloop

from engine import suspicion
from engine.catalogue import Catalogue, Served
from engine.clock import ServerClock
from engine.core.campaign import Snapshot
from engine.core.errors import FencedError, RecoveryError, SettingsError
from engine.core.identity import shard_of
from engine.core.lane import LaneState
from engine.dispatch import Dispatch
from engine.doors import Doors
from engine.lane import Lane
from engine.process import command, stop_on_signals
from engine.reaper import reap
from engine.rebuild import rebuild
from engine.sender import TIMEOUT_S, Sender
from engine.settings import Settings, load_settings
from engine.telemetry import configure, logger
from engine.vault import Vault
from storage import partitions
from storage.feed import server_now_ms
from storage.incarnation import run_of
from storage.postgres import Pool, now_ms, open_pool
from storage.redis import Redis, check_redis, open_redis
from storage.timers import Timers

TURN_S: Final = 1.0
TURNS_BETWEEN_SWEEPS: Final = 30
CLOCKS_APART_MS: Final = 5_000
HAND_OVER_S: Final = TIMEOUT_S + 5


class Turn(NamedTuple):
    """What one turn found: the lanes that run, and how many deliveries were given up."""

    lanes: int
    reaped: int


class Poller:
    def __init__(self, settings: Settings, shard: int, pool: Pool, client: Redis, now_ms: int) -> None:
        self._shard = shard
        self._shards = settings.shards
        self._pool = pool
        self._client = client
        self._clock = ServerClock(now_ms)
        self._epoch = now_ms
        self._timers = Timers(client)
        self._sender = Sender(settings.telegram_api_url)
        self._catalogue = Catalogue(pool, Vault(settings.encryption_keys))
        self._doors = Doors(pool, client, self._timers, self._sender, self._clock)
        self._dispatch = Dispatch(self._doors, self._catalogue, self._clock)
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None]]] = {}
        self._mending: dict[int, asyncio.Task[None]] = {}
        self._turns = 0

    async def run_once(self) -> Turn:
        """Bring the lanes in line with the catalogue, and mend what is broken. Raises UnreachableError."""
        await self._catalogue.refresh()
        await self._compare_clocks()
        self._match_lanes()
        self._mend_lanes()
        reaped = 0
        if self._turns % TURNS_BETWEEN_SWEEPS == 0:
            await partitions.make_ahead(self._pool, self._clock.now_ms())
            reaped = await reap(self._pool, self._timers, self._clock.now_ms())
        self._turns += 1
        return Turn(len(self._lanes), reaped)

    async def run(self, stop: asyncio.Event) -> None:
        """Turn after turn until told to stop; then finish what is in flight. Raises FencedError."""
        while not stop.is_set():
            try:
                await self.run_once()
            except RecoveryError as error:
                logger().warning("Poller turn failed", error=str(error))
            except Exception:  # noqa: BLE001 - a failed turn never ends the loop
                logger().exception("Poller turn failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TURN_S)
            if any(lane.fenced.is_set() for lane, _ in self._lanes.values()):
                break
        await self.close()
        if not stop.is_set():
            raise FencedError("A newer poller serves this shard: this one stops. Start it again to take over.")

    async def close(self) -> None:
        lanes = list(self._lanes.values())
        for _, task in lanes:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(lane.finish() for lane, _ in lanes)), HAND_OVER_S)
        for task in self._mending.values():
            task.cancel()
        await self._sender.close()

    async def _compare_clocks(self) -> None:
        before_ms = await server_now_ms(self._client)
        postgres_ms = await now_ms(self._pool)
        after_ms = await server_now_ms(self._client)
        self._clock.hear(after_ms)
        redis_ms = min(max(postgres_ms, before_ms), after_ms)
        self._catalogue.clocks_apart = abs(redis_ms - postgres_ms) > CLOCKS_APART_MS
        if self._catalogue.clocks_apart:
            logger().error("Lanes shut: set the clocks of Redis and PostgreSQL", apart_ms=redis_ms - postgres_ms)

    def _match_lanes(self) -> None:
        ours = {bot_id for bot_id in self._catalogue.bots if shard_of(bot_id, self._shards) == self._shard}
        for bot_id in ours - self._lanes.keys():
            lane = Lane(bot_id, self._catalogue, self._timers, self._dispatch, self._clock, self._epoch)
            self._lanes[bot_id] = (lane, asyncio.create_task(lane.run()))
        for bot_id in self._lanes.keys() - ours:
            self._lanes.pop(bot_id)[1].cancel()

    def _mend_lanes(self) -> None:
        """What is wrong with a bot is put right beside the others' work, one thing at a time."""
        for bot_id, (lane, _) in self._lanes.items():
            bot = self._catalogue.bots[bot_id]
            if bot_id in self._mending and not self._mending[bot_id].done():
                continue
            if lane.lost.is_set() and bot.newest and bot.activated_at_ms and bot.state is not LaneState.DRAINING:
                self._mending[bot_id] = asyncio.create_task(self._rebuild(bot, bot.newest, lane))
            elif lane.unauthorized.is_set():
                self._mending[bot_id] = asyncio.create_task(self._ask_after_token(bot, lane))

    async def _rebuild(self, bot: Served, newest: Snapshot, lane: Lane) -> None:
        try:
            run = await run_of(self._client)
            chats = await rebuild(self._pool, self._client, self._timers, bot.bot_id, newest, bot.activated_at_ms, run)
        except RecoveryError as error:
            logger().warning("Timers not rebuilt yet", bot=bot.username, error=str(error))
            return
        logger().info("Timers rebuilt from PostgreSQL", bot=bot.username, chats=chats)
        lane.lost.clear()

    async def _ask_after_token(self, bot: Served, lane: Lane) -> None:
        try:
            await suspicion.confirm(self._pool, self._sender, bot, self._clock.now_ms())
        except RecoveryError as error:
            logger().warning("Bot not suspended yet", bot=bot.username, error=str(error))
            return
        lane.unauthorized.clear()


async def serve(settings: Settings, shard: int) -> None:
    """Open the doors and run until SIGTERM or Ctrl-C. Raises UnreachableError, MigrationError."""
    client = open_redis(settings.redis_url)
    await check_redis(client)
    pool = await open_pool(settings.database_url)
    stop = stop_on_signals()
    poller = Poller(settings, shard, pool, client, await server_now_ms(client))
    logger().info("Poller started", shard=shard, shards=settings.shards)
    try:
        await poller.run(stop)
    finally:
        await pool.close()
        await client.aclose()
    logger().info("Poller stopped", shard=shard)


def _shard(arguments: list[str] | None, settings: Settings) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.poller", description=__doc__)
    parser.add_argument("--shard", type=int, required=True, metavar="N", help="which shard to serve, from 0")
    shard: int = parser.parse_args(arguments).shard
    if not 0 <= shard < settings.shards:
        raise SettingsError(
            f"--shard {shard} is out of range: SHARDS is {settings.shards}, so give a number from 0 to"
            f" {settings.shards - 1}."
        )
    return shard


@command
def main(arguments: list[str] | None = None) -> None:
    settings = load_settings()
    shard = _shard(arguments, settings)
    configure(settings)
    uvloop.run(serve(settings, shard))


if __name__ == "__main__":
    sys.exit(main())
