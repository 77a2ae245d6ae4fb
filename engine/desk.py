"""What the manager asks the engine with: opened once, handed to every use case, closed when the manager ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from engine.settings import Settings
from engine.vault import Vault
from storage.postgres import Pool, open_pool
from storage.redis import Redis, check_redis, open_redis


class Desk(NamedTuple):
    settings: Settings
    vault: Vault
    pool: Pool
    redis: Redis


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Raises UnreachableError, MigrationError."""
    redis = open_redis(settings.redis_url)
    try:
        await check_redis(redis)
        pool = await open_pool(settings.database_url)
        try:
            yield Desk(settings, Vault(settings.encryption_keys), pool, redis)
        finally:
            await pool.close()
    finally:
        await redis.aclose()
