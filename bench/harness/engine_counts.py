"""What the engine has written: which timers stand, under which versions, and how much PostgreSQL has done."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from engine.settings import Settings
from storage.postgres.pool import Pool, open_pool
from storage.redis import keys
from storage.redis.client import Redis, open_redis


class Registers:
    def __init__(self, client: Redis, pool: Pool, bots: Sequence[int]) -> None:
        self._client = client
        self._pool = pool
        self._bots = bots

    async def whole(self) -> bool:
        """Every bot's timers are known to be whole, so that its signs of life arm something."""
        return all([await self._client.hexists(keys.of_bot(bot).bot, "generation") for bot in self._bots])

    async def armed(self) -> int:
        return sum([await self._client.zcard(keys.of_bot(bot).timers) for bot in self._bots])

    async def written(self) -> int:
        """The chats that PostgreSQL has heard of."""
        return int(await self._pool.fetchval("SELECT count(*) FROM chats"))

    async def versions(self) -> dict[tuple[int, str], str]:
        """Every touch and every claim gives a chat another version."""
        states = {bot: await self._client.hgetall(keys.of_bot(bot).state) for bot in self._bots}
        return {
            (bot, str(chat)): str(state).partition(" ")[0]
            for bot, chats in states.items()
            for chat, state in chats.items()
        }

    async def transactions(self) -> int:
        """So many since the servers started; a session tells of its own up to a second late."""
        return int(
            await self._pool.fetchval(
                "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
            )
        )


@asynccontextmanager
async def registers(settings: Settings, bots: Sequence[int]) -> AsyncIterator[Registers]:
    client, pool = open_redis(settings.redis_url), await open_pool(settings.database_url)
    try:
        yield Registers(client, pool, bots)
    finally:
        await pool.close()
        await client.aclose()
