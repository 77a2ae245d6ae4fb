"""`python -m engine.receiver`: takes in the bots' updates, and touches the chats in which there is a sign of life.

Updates come by long polling, or by webhook if WEBHOOK_URL is set; a bot's own code may report payments and activity as
well. One process serves many bots, each with a task of its own, so a revoked token stops that bot alone. Only one
receiver at a time has a bot's feed: it polls the bot, or looks after its webhook and confirms how far it has come.
Every receiver takes in what webhooks deliver. The bots, their thresholds and their keys are read again at each change.
"""

import sys
from contextlib import AsyncExitStack
from typing import Final

import aiohttp
import uvloop

from engine.receiver.receiver import Receiver
from engine.runtime import held_keys, metrics
from engine.runtime.process import command, stop_on_signals
from engine.runtime.redis_check import require_redis
from engine.runtime.resources import allow_many_connections, tune_garbage_collection
from engine.runtime.telemetry import configure, logger
from engine.security.vault import Vault
from engine.settings import Settings, load_settings
from storage.postgres.pool import open_pool
from storage.redis.client import open_redis

_CONNECTIONS: Final = 0  # as many as there are bots: a long poll holds one


async def serve(settings: Settings) -> None:
    """Open the doors and run until SIGTERM or Ctrl-C. Raises UnreachableError, MigrationError, SettingsError."""
    async with AsyncExitStack() as stack:
        client = open_redis(settings.redis_url)
        stack.push_async_callback(client.aclose)
        await require_redis(client)
        pool = await open_pool(settings.database_url)
        stack.push_async_callback(pool.close)
        stop = stop_on_signals()
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        keys = Vault(settings.encryption_keys).fingerprints
        await stack.enter_async_context(held_keys.said(pool, client, "receiver", keys, signs=False))
        logger().info("Receiver started")
        await Receiver(settings, session, pool, client).run(stop)
    logger().info("Receiver stopped")


@command
def main() -> None:
    settings = load_settings()
    configure(settings)
    allow_many_connections()
    tune_garbage_collection()
    metrics.serve(settings.metrics_port)
    uvloop.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
