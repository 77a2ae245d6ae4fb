"""What the engine itself holds: read to know when a run is over, what is in doubt, and what a killed poller held."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from bench.first_light.judge import Chat, Undecided
from engine.settings import Settings
from storage import keys
from storage.postgres import Pool, open_pool
from storage.redis import Redis, open_redis

_URGENCY: Final = 2**42


class Evidence:
    def __init__(self, client: Redis, pool: Pool, bot_ids: Sequence[int]) -> None:
        self._client = client
        self._pool = pool
        self._bot_ids = bot_ids

    async def ready(self) -> bool:
        """Every bot's timers are known to be whole, so that its signs of life arm something."""
        return all([await self._client.hexists(keys.of_bot(bot).bot, "generation") for bot in self._bot_ids])

    async def armed(self) -> int:
        return sum([await self._client.zcard(keys.of_bot(bot).timers) for bot in self._bot_ids])

    async def open_episodes(self) -> int:
        return int(await self._pool.fetchval("SELECT count(*) FROM recovery_episodes WHERE ended_at IS NULL"))

    async def deliveries(self, status: str) -> int:
        """How many are in this status. A killed poller leaves some in `sending`, until they are given up."""
        return int(await self._pool.fetchval("SELECT count(*) FROM recovery_deliveries WHERE status = $1", status))

    async def undecided(self) -> list[Undecided]:
        rows = await self._pool.fetch(
            "SELECT bot_id, chat_id, episode_id, step_key, block_key FROM recovery_deliveries WHERE status = 'unknown'"
        )
        return [Undecided(*row) for row in rows]

    async def leased(self) -> dict[Chat, int]:
        """The versions of the chats that a poller holds: their score is neither their due nor an urgent one."""
        return {
            (bot, chat): version
            for bot in self._bot_ids
            for chat, score, version, due in await self._timers(bot)
            if score not in {due, due - _URGENCY}
        }

    async def versions(self, chats: Mapping[Chat, int]) -> dict[Chat, int | None]:
        """The present versions of these chats; None for one without a timer."""
        found: dict[Chat, int | None] = dict.fromkeys(chats)
        for bot in self._bot_ids:
            found |= {(bot, chat): version for chat, _, version, _ in await self._timers(bot) if (bot, chat) in chats}
        return found

    async def _timers(self, bot: int) -> list[tuple[int, int, int, int]]:
        """Chat, score, version and due of every timer of a bot, from one moment."""
        at = keys.of_bot(bot)
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.zrange(at.timers, 0, -1, withscores=True)
            pipe.hgetall(at.state)
            scores, states = await pipe.execute()
        parts = {chat: state.split(" ", 3) for chat, state in states.items()}
        return [
            (int(chat), int(score), int(parts[chat][0]), int(parts[chat][2])) for chat, score in scores if chat in parts
        ]


@asynccontextmanager
async def evidence(settings: Settings, bot_ids: Sequence[int]) -> AsyncIterator[Evidence]:
    client, pool = open_redis(settings.redis_url), await open_pool(settings.database_url)
    try:
        yield Evidence(client, pool, bot_ids)
    finally:
        await pool.close()
        await client.aclose()
