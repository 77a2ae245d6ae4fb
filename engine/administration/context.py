"""What every use case needs to reach Redis, PostgreSQL and Telegram: opened once, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import aiohttp

from engine.administration.trials import Trials
from engine.media.library import Library
from engine.media.uploads import Uploads
from engine.runtime.redis_check import require_redis
from engine.security.vault import Vault
from engine.settings import Settings
from engine.telegram.sender import Sender
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis
from storage.redis.server_clock import server_now_ms


class Desk(NamedTuple):
    settings: Settings
    vault: Vault
    pool: Pool
    redis: Redis
    http: aiohttp.ClientSession
    library: Library
    trials: Trials

    async def now_ms(self) -> int:
        """The moment by the one clock that decides: a campaign that is activated now counts silences from now on."""
        return await server_now_ms(self.redis)


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Raises SettingsError, UnreachableError, MigrationError."""
    async with AsyncExitStack() as stack:
        redis = open_redis(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        await require_redis(redis)
        pool = await open_pool(settings.database_url)
        stack.push_async_callback(pool.close)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        sender = Sender(settings.telegram_api_url, Uploads(pool, settings.media_dir))
        stack.push_async_callback(sender.close)
        trials = Trials(sender)
        stack.push_async_callback(trials.close)
        library = Library(pool, settings.media_dir)
        yield Desk(settings, Vault(settings.encryption_keys), pool, redis, http, library, trials)
