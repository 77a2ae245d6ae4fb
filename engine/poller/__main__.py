"""`python -m engine.poller --shard N`: claims what is due for the bots of one shard, and sends it.

Each bot has its own lane, so that no bot's burst, 429 or revoked token delays another. A second poller of a shard
stands by, and takes over when the first ends, however it ends. Beside the lanes, the poller reads the bots again at
each change, rebuilds lost timers, deletes messages when their time is up, and gives up deliveries that got no answer.
The poller of shard 0 creates the partitions of the months to come.

`python -m engine.poller --reshard S` changes the number of shards while all of them run. Start the pollers of new
shards before that, with `--ahead`. The number is in Redis; pollers keep it in PostgreSQL for a Redis that was emptied.
"""

import argparse
import asyncio
import sys
from functools import partial

import uvloop

from engine.poller import shard
from engine.poller.poller import Poller
from engine.poller.shard import Shard
from engine.runtime import held_keys, metrics
from engine.runtime.process import command, stop_on_signals
from engine.runtime.redis_check import require_redis
from engine.runtime.resources import allow_many_connections, tune_garbage_collection
from engine.runtime.telemetry import configure, logger
from engine.security.vault import Vault
from engine.settings import MAX_SHARDS, Settings, load_settings
from storage.postgres import shard_number
from storage.postgres.pool import open_pool
from storage.redis import shards
from storage.redis.client import open_redis
from storage.redis.ownership import Ownership, this_process
from storage.redis.server_clock import server_now_ms


async def serve(settings: Settings, number: int, *, ahead: bool) -> None:
    """Open the doors and run until SIGTERM or Ctrl-C. Raises SettingsError, UnreachableError, MigrationError."""
    client = open_redis(settings.redis_url)
    await require_redis(client)
    layout = await shard.agree(client, number, settings.shards, partial(_remembered, settings), ahead=ahead)
    pool = await open_pool(settings.database_url)
    stop = stop_on_signals()
    ours = Shard(client, Ownership(client, this_process()), number, layout)
    poller = Poller(settings, ours, pool, client, await server_now_ms(client))
    if (await ours.run_once()).epoch is None:
        logger().info("Standing by", shard=number, shards=layout.shards)
    keys = Vault(settings.encryption_keys).fingerprints
    try:
        async with held_keys.said(pool, client, "poller", keys, signs=settings.public_url is not None):
            await poller.run(stop)
    finally:
        await pool.close()
        await client.aclose()
    logger().info(
        "Poller stopped", shard=number, reason="stopped by a signal" if stop.is_set() else "the shard no longer exists"
    )


async def _remembered(settings: Settings) -> int | None:
    async with await open_pool(settings.database_url) as pool:
        return await shard_number.read(pool)


async def reshard(settings: Settings, count: int) -> str:
    """Set the number of shards. Raises UnreachableError."""
    client = open_redis(settings.redis_url)
    try:
        await require_redis(client)
        before = await shards.read(client)
        await shards.change(client, count)
    finally:
        await client.aclose()
    known = before.shards if before else 0
    grown = f" Start pollers for the shards {known} to {count - 1} now." if count > known else ""
    return (
        f"There are {count} shards now: the pollers follow within a second.{grown} Where SHARDS is set, change it too."
    )


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m engine.poller", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--shard", type=int, metavar="N", help="which shard to serve, from 0; a second one stands by")
    parser.add_argument("--ahead", action="store_true", help="stand by for a shard that the next --reshard will create")
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
    tune_garbage_collection()
    allow_many_connections()
    if given.reshard is not None:
        sys.stdout.write(f"{asyncio.run(reshard(settings, given.reshard))}\n")
        return
    metrics.serve(settings.metrics_port)
    uvloop.run(serve(settings, given.shard, ahead=given.ahead))


if __name__ == "__main__":
    sys.exit(main())
