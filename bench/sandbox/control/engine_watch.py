"""The observer of the recovery engine: the sandbox's only tie to it, loaded by name when somebody asks for it.

Its servers are connected to when the first chat is watched.
"""

import asyncio
from contextlib import AsyncExitStack

import msgspec

from bench.sandbox.control.watched_chats import ObserverError
from bench.sandbox.protocol import EngineView
from engine.chats.inspection import inspect
from engine.core.errors import NotFoundError, RecoveryError, SettingsError
from engine.settings import Secret, load_servers
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis


class EngineObserver:
    def __init__(self, redis: Secret, database: Secret) -> None:
        self._redis, self._database = redis, database
        self._opening = asyncio.Lock()
        self._servers: tuple[Pool, Redis] | None = None
        self._opened = AsyncExitStack()

    async def look(self, bot_id: int, chat_id: int) -> EngineView:
        try:
            pool, client = await self._connected()
            standing = await inspect(pool, client, bot_id, chat_id)
        except NotFoundError as error:
            return EngineView("unknown_bot", detail=str(error))
        except RecoveryError as error:
            return EngineView("unreachable", detail=str(error))
        return EngineView("connected", msgspec.to_builtins(standing))

    async def close(self) -> None:
        await self._opened.aclose()

    async def _connected(self) -> tuple[Pool, Redis]:
        async with self._opening:
            if self._servers is None:
                pool = await open_pool(self._database.reveal())
                client = open_redis(self._redis.reveal())
                self._opened.push_async_callback(pool.close)
                self._opened.push_async_callback(client.aclose)
                self._servers = pool, client
        return self._servers


def from_environment() -> EngineObserver:
    """Raises ObserverError."""
    try:
        return EngineObserver(*load_servers())
    except SettingsError as error:
        raise ObserverError(str(error)) from error
