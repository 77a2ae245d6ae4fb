"""The connections by which the bench reads what the engine holds in Redis and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from engine.settings import Settings
from storage.postgres.pool import Pool, open_pool
from storage.redis import keys
from storage.redis.client import Redis, open_redis


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[tuple[Redis, Pool]]:
    client, pool = open_redis(settings.redis_url), await open_pool(settings.database_url)
    try:
        yield client, pool
    finally:
        await pool.close()
        await client.aclose()


async def timers_are_whole(client: Redis, bots: Iterable[int]) -> bool:
    """Whether every bot's timers are known to be whole. Until then a touch arms nothing."""
    return all([await client.hexists(keys.of_bot(bot).bot, "generation") for bot in bots])


async def armed_timers(client: Redis, bots: Iterable[int]) -> dict[int, int]:
    """How many timers each bot has."""
    return {bot: await client.zcard(keys.of_bot(bot).timers) for bot in bots}
