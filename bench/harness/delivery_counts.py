"""What the engine holds of its deliveries: read to know when a run is over, and to judge it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, TypeAlias

from bench.harness.stores import open_stores, timers_are_whole
from engine.settings import Settings
from storage.postgres.pool import Pool
from storage.redis.client import Redis

Chat: TypeAlias = tuple[int, int]

_PENDING: Final = """
SELECT count(*) FROM recovery_deliveries
WHERE (delete_at IS NOT NULL AND deleted_at IS NULL AND delete_refusal IS NULL)
   OR (edit_at IS NOT NULL AND edited_at IS NULL AND edit_refusal IS NULL)
"""


class Delivery(NamedTuple):
    """What the engine holds of a block in a chat."""

    status: str
    message_ids: tuple[int, ...]
    deleted: bool
    edited: bool


class DeliveryCounts:
    def __init__(self, client: Redis, pool: Pool, bots: Sequence[int]) -> None:
        self._client = client
        self.pool = pool
        self._bots = bots

    async def whole(self) -> bool:
        return await timers_are_whole(self._client, self._bots)

    async def settled(self) -> int:
        """How many deliveries have ended, in any way."""
        return await self._count(
            "SELECT count(*) FROM recovery_deliveries WHERE status NOT IN ('scheduled', 'sending')"
        )

    async def pending_changes(self) -> int:
        """How many deliveries still have to be deleted or edited."""
        return await self._count(_PENDING)

    async def returned(self) -> int:
        """In how many episodes the person came back. Somebody who pays in the chat has come back as well."""
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
async def delivery_counts(settings: Settings, bots: Sequence[int]) -> AsyncIterator[DeliveryCounts]:
    async with open_stores(settings) as (client, pool):
        yield DeliveryCounts(client, pool, bots)
