"""What the engine has written: the timers, their versions, and how much work PostgreSQL has done."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench.harness.stores import armed_timers, open_stores, timers_are_whole
from engine.settings import Settings
from storage.postgres.pool import Pool
from storage.redis import keys
from storage.redis.chat_states import unpack
from storage.redis.client import Redis


class EngineCounts:
    def __init__(self, client: Redis, pool: Pool, bots: Sequence[int]) -> None:
        self._client = client
        self._pool = pool
        self._bots = bots

    async def whole(self) -> bool:
        return await timers_are_whole(self._client, self._bots)

    async def armed(self) -> int:
        return sum((await armed_timers(self._client, self._bots)).values())

    async def written(self) -> int:
        """How many chats are in PostgreSQL."""
        return int(await self._pool.fetchval("SELECT count(*) FROM chats"))

    async def versions(self) -> dict[tuple[int, str], str]:
        """Every touch and every claim gives a chat another version."""
        states = {bot: await self._client.hgetall(keys.of_bot(bot).state) for bot in self._bots}
        return {
            (bot, str(chat)): str(unpack(str(state)).version)
            for bot, chats in states.items()
            for chat, state in chats.items()
        }

    async def transactions(self) -> int:
        """How many since the server started. A session reports its own up to a second late."""
        return int(
            await self._pool.fetchval(
                "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
            )
        )


@asynccontextmanager
async def engine_counts(settings: Settings, bots: Sequence[int]) -> AsyncIterator[EngineCounts]:
    async with open_stores(settings) as (client, pool):
        yield EngineCounts(client, pool, bots)
