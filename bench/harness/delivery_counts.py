"""What the engine holds: read to see the end, and to judge."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from bench.questions.message_kinds.judge import Chat, Delivery
from engine.settings import Settings
from storage.postgres.pool import Pool, open_pool
from storage.redis import keys
from storage.redis.client import Redis, open_redis

_UNDONE: Final = """
SELECT count(*) FROM recovery_deliveries
WHERE (delete_at IS NOT NULL AND deleted_at IS NULL AND delete_refusal IS NULL)
   OR (edit_at IS NOT NULL AND edited_at IS NULL AND edit_refusal IS NULL)
"""


class Books:
    def __init__(self, client: Redis, pool: Pool, bots: Sequence[int]) -> None:
        self._client = client
        self.pool = pool
        self._bots = bots

    async def whole(self) -> bool:
        """Every bot's timers are known to be whole, so that its signs of life arm something."""
        return all([await self._client.hexists(keys.of_bot(bot).bot, "generation") for bot in self._bots])

    async def settled(self) -> int:
        """How many deliveries have come to an end of any kind."""
        return await self._count(
            "SELECT count(*) FROM recovery_deliveries WHERE status NOT IN ('scheduled', 'sending')"
        )

    async def undone(self) -> int:
        """How many deliveries wait to be deleted or changed."""
        return await self._count(_UNDONE)

    async def returned(self) -> int:
        """For how many episodes it is written down that the person came back; who pays in the chat does as well."""
        return await self._count("SELECT count(*) FROM recovery_episodes WHERE returned_at IS NOT NULL")

    async def deliveries(self) -> dict[tuple[Chat, str], Delivery]:
        """By chat and block."""
        rows = await self.pool.fetch("SELECT * FROM recovery_deliveries")
        return {
            ((row["bot_id"], row["chat_id"]), row["block_key"]): Delivery(
                row["status"],
                tuple(row["message_ids"] or ()),
                deleted=row["deleted_at"] is not None,
                edited=row["edited_at"] is not None,
            )
            for row in rows
        }

    async def _count(self, query: str) -> int:
        return int(await self.pool.fetchval(query))


@asynccontextmanager
async def books(settings: Settings, bots: Sequence[int]) -> AsyncIterator[Books]:
    client, pool = open_redis(settings.redis_url), await open_pool(settings.database_url)
    try:
        yield Books(client, pool, bots)
    finally:
        await pool.close()
        await client.aclose()
