"""What the engine holds: read to know when a run is over and which sends are in doubt, to find the process that serves
a shard or a feed, and to see what a poller held when it stopped working.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from bench.harness import slots
from bench.harness.stores import armed_timers, open_stores, timers_are_whole
from bench.questions.exactly_once.judge import Chat, Undecided
from engine.core.errors import RecoveryError
from engine.settings import Settings
from storage.postgres.pool import Pool
from storage.redis import keys, shards
from storage.redis.chat_states import unpack
from storage.redis.client import Redis, reaching_redis
from storage.redis.exchange import atomic
from storage.redis.round_trip import Command
from storage.redis.shards import Layout


class Owner(NamedTuple):
    """A process that owns a shard or a feed, and its epoch."""

    pid: int
    epoch: int


class Evidence:
    def __init__(self, client: Redis, pool: Pool, bot_ids: Sequence[int]) -> None:
        self._client = client
        self._pool = pool
        self._bot_ids = bot_ids

    async def whole(self) -> bool:
        return await timers_are_whole(self._client, self._bot_ids)

    async def armed(self) -> int:
        return sum((await armed_timers(self._client, self._bot_ids)).values())

    async def open_episodes(self) -> int:
        return int(await self._pool.fetchval("SELECT count(*) FROM recovery_episodes WHERE ended_at IS NULL"))

    async def deliveries(self, status: str) -> int:
        """How many have this status. A killed poller leaves some in `sending` until the reaper gives them up."""
        return int(await self._pool.fetchval("SELECT count(*) FROM recovery_deliveries WHERE status = $1", status))

    async def undecided(self) -> list[Undecided]:
        rows = await self._pool.fetch(
            "SELECT bot_id, chat_id, episode_id, step_key, block_key FROM recovery_deliveries WHERE status = 'unknown'"
        )
        return [Undecided(*row) for row in rows]

    async def doubted_ms(self) -> dict[int, int]:
        """Up to when the silences of bots are not believed; without the bots that somebody else still reads."""
        rows = await self._pool.fetch(
            "SELECT id, doubted_until FROM bots WHERE NOT contested AND doubted_until IS NOT NULL AND id = ANY($1)",
            list(self._bot_ids),
        )
        return {row["id"]: row["doubted_until"] for row in rows}

    async def shards(self) -> Layout:
        """The number of shards, and since when. Raises RecoveryError."""
        layout = await shards.read(self._client)
        if layout is None:
            raise RecoveryError("Redis does not know the number of shards: no poller has set it yet.")
        return layout

    async def poller_of(self, shard: int) -> Owner | None:
        """The poller that serves a shard now."""
        return await self._owner(keys.of_shard(shard))

    async def receiver_of(self, bot: int) -> Owner | None:
        """The receiver that takes a bot's feed now."""
        return await self._owner(keys.of_bot(bot).poll)

    async def watermark(self, bot: int) -> int:
        """The time up to which all touches of a bot's chats are taken in."""
        return int(await self._client.hget(keys.of_bot(bot).bot, "watermark") or 0)

    async def epoch(self, bot: int) -> int:
        """The epoch of the bot's last claim."""
        return int(await self._client.hget(keys.of_bot(bot).bot, "epoch") or 0)

    async def generation(self, bot: int) -> str | None:
        """When the bot's timers were last found whole. Raises UnreachableError."""
        async with reaching_redis():
            found = await self._client.hget(keys.of_bot(bot).bot, "generation")
        return None if found is None else str(found)

    async def move_slot(self, bot: int) -> None:
        """To another node of the cluster. Raises RecoveryError."""
        key = keys.of_bot(bot).bot
        source = await slots.holder_of(self._client, key)
        await slots.move_slot(source, await slots.another(self._client, source), key)

    async def kill_node(self, bot: int) -> None:
        """That of the cluster which holds the bot. Raises RecoveryError."""
        await slots.kill(await slots.holder_of(self._client, keys.of_bot(bot).bot))

    async def leased(self, bots: Iterable[int]) -> dict[Chat, int]:
        """The versions of the chats that a poller holds: their score is neither their due nor their urgent due."""
        return {
            (bot, chat): version
            for bot in bots
            for chat, score, version, due in await self._timers(bot)
            if score not in {due, due - keys.URGENCY_MS}
        }

    async def versions(self, chats: Mapping[Chat, int]) -> dict[Chat, int | None]:
        """The current versions of these chats; None for a chat without a timer."""
        found: dict[Chat, int | None] = dict.fromkeys(chats)
        for bot in {bot for bot, _ in chats}:
            found |= {(bot, chat): version for chat, _, version, _ in await self._timers(bot) if (bot, chat) in chats}
        return found

    async def in_transaction(self, ports: Iterable[int]) -> bool:
        """Whether a client with one of these ports has a transaction open, and so holds its locks."""
        return bool(
            await self._pool.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE client_port = ANY($1) AND state = 'idle in transaction'",
                list(ports),
            )
        )

    async def _owner(self, key: str) -> Owner | None:
        value = await self._client.get(key)
        return None if value is None else owner(str(value))

    async def _timers(self, bot: int) -> list[tuple[int, int, int, int]]:
        """Chat, score, version and due of every timer of a bot, read at once."""
        at = keys.of_bot(bot)
        asked: list[Command] = [("ZRANGE", at.timers, 0, -1, "WITHSCORES"), ("HGETALL", at.state)]
        scores, states = await atomic(self._client, at.bot, asked)
        known = {chat: unpack(state) for chat, state in states.items()}
        return [
            (int(chat), int(score), known[chat].version, known[chat].due_ms) for chat, score in scores if chat in known
        ]


def owner(value: str) -> Owner | None:
    """Reads `<host>:<pid>:<random> <epoch>`. A shard that was given back has no owner."""
    name, _, epoch = value.partition(" ")
    parts = name.rsplit(":", 2)
    return Owner(int(parts[-2]), int(epoch)) if len(parts) > 1 else None


@asynccontextmanager
async def open_evidence(settings: Settings, bot_ids: Sequence[int]) -> AsyncIterator[Evidence]:
    async with open_stores(settings) as (client, pool):
        yield Evidence(client, pool, bot_ids)
