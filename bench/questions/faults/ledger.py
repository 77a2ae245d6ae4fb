"""What the engine holds of the chats, and what they show: read to know when a run is over, and to judge it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from bench.harness.stores import armed_timers, open_stores, timers_are_whole
from bench.questions.faults.cases import State
from bench.questions.faults.judge import Chat, Delivery, Message, Seen
from bench.sandbox.client import SandboxClient
from engine.settings import Settings
from storage.postgres.pool import Pool
from storage.redis.client import Redis

_OPEN: Final = """
SELECT (SELECT count(*) FROM recovery_episodes WHERE ended_at IS NULL)
    + (SELECT count(*) FROM recovery_deliveries WHERE status IN ('scheduled', 'sending'))
"""


class Ledger:
    def __init__(self, client: Redis, pool: Pool, bots: Sequence[int]) -> None:
        self._client = client
        self._pool = pool
        self._bots = bots

    async def whole(self) -> bool:
        return await timers_are_whole(self._client, self._bots)

    async def armed(self, bots: Iterable[int]) -> dict[int, int]:
        """How many timers each bot has."""
        return await armed_timers(self._client, bots)

    async def under_way(self) -> int:
        """How many timers, episodes and deliveries have not ended."""
        return sum((await self.armed(self._bots)).values()) + int(await self._pool.fetchval(_OPEN))

    async def episodes(self) -> int:
        return int(await self._pool.fetchval("SELECT count(*) FROM recovery_episodes"))

    async def suspended(self, bots: Collection[int]) -> int:
        rows = await self._pool.fetch("SELECT id FROM bots WHERE status = 'suspended'")
        return sum(row["id"] in bots for row in rows)

    async def seen(self, client: SandboxClient, chats: Iterable[Chat]) -> dict[Chat, Seen]:
        deliveries, episodes = await self._deliveries(), await self._episodes()
        return {chat: Seen(deliveries[chat], tuple(episodes[chat]), await _messages(client, chat)) for chat in chats}

    async def _deliveries(self) -> defaultdict[Chat, dict[str, Delivery]]:
        found: defaultdict[Chat, dict[str, Delivery]] = defaultdict(dict)
        for row in await self._pool.fetch("SELECT * FROM recovery_deliveries"):
            state = State(row["status"], row["reason"])
            found[row["bot_id"], row["chat_id"]][row["block_key"]] = Delivery(state, tuple(row["message_ids"] or ()))
        return found

    async def _episodes(self) -> defaultdict[Chat, list[str | None]]:
        found: defaultdict[Chat, list[str | None]] = defaultdict(list)
        for row in await self._pool.fetch("SELECT bot_id, chat_id, reason FROM recovery_episodes"):
            found[row["bot_id"], row["chat_id"]].append(row["reason"])
        return found


async def _messages(client: SandboxClient, chat: Chat) -> tuple[Message, ...]:
    transcript = await client.transcript(*chat)
    return tuple(Message(one.message_id, one.text) for one in transcript.messages if one.from_bot)


@asynccontextmanager
async def open_ledger(settings: Settings, bots: Sequence[int]) -> AsyncIterator[Ledger]:
    async with open_stores(settings) as (client, pool):
        yield Ledger(client, pool, bots)
