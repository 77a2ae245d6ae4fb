"""What the servers can do if nobody decides anything: the claim script alone, and the rows alone.

The script runs over a bare connection. The rows are those that the engine leaves behind, in two transactions a batch,
because a claim is committed before its message leaves: chat, episode and delivery inserted, then the last two updated.
Every connection of the pool has a batch under way: with only as many as there are pollers, the server would wait for
its clients.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import count, repeat
from typing import Final

from bench.harness.bare_redis import BareRedis, packed
from storage.postgres.pool import MOST_CONNECTIONS, Pool
from storage.redis import keys
from storage.redis.client import Redis
from storage.redis.scripts import script_text
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import Sign
from storage.redis.timers import BATCH, FEED_SLACK_MS, FEED_STALE_MS, Timers

_BOT: Final = 1
"""No poller serves it."""
_LEASE_MS: Final = 60_000
_EPOCH: Final = 1
CONNECTIONS: Final = MOST_CONNECTIONS
_BEGIN_AND_CLAIM: Final = """
WITH known AS (
    INSERT INTO chats (bot_id, chat_id, last_active)
    SELECT $1, chat_id, $3 FROM unnest($2::bigint[]) AS u(chat_id)
), began AS (
    INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
    SELECT $1, chat_id, $3, 1, $3 FROM unnest($2::bigint[]) AS u(chat_id)
)
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version, attempts,
    campaign_version, due_at, claimed_at, anchor_at)
SELECT $1, chat_id, $3, 'only', 'only', 0, 'sending', $3, 1, 1, $3, $3, $3 FROM unnest($2::bigint[]) AS u(chat_id)
"""
_REPORT_AND_END: Final = """
WITH sent AS (
    UPDATE recovery_deliveries SET status = 'sent', sent_at = $3, message_ids = ARRAY[chat_id]
    WHERE bot_id = $1 AND chat_id = ANY($2::bigint[]) AND episode_id = $3
)
UPDATE recovery_episodes SET ended_at = $3, reason = 'completed'
WHERE bot_id = $1 AND chat_id = ANY($2::bigint[]) AND episode_id = $3
"""


class RawClaim:
    """`size` timers in lists of `BATCH`: the size is a multiple of it."""

    def __init__(self, client: Redis, connection: BareRedis, size: int) -> None:
        self._client = client
        self._connection = connection
        self._size = size
        self._keys = keys.of_bot(_BOT)
        self._sha = ""

    async def arm(self) -> None:
        """Everything is due at once, and no lease is left from the turn before."""
        k, timers = self._keys, Timers(self._client)
        await self._client.unlink(k.timers, k.state)
        for start in range(0, self._size, BATCH):
            await timers.touch(_BOT, [Sign(chat, 0) for chat in range(start, start + BATCH)], 0)
        now_ms = await server_now_ms(self._client)
        await self._client.hset(k.bot, mapping={"generation": "1", "watermark": now_ms})
        self._sha = (await self._connection.ask(packed("SCRIPT", "LOAD", script_text("claim_due")))).decode()

    async def __call__(self) -> int:
        k = self._keys
        command = packed(
            *("EVALSHA", self._sha, 3, k.timers, k.state, k.bot),
            *(0, BATCH, _LEASE_MS, _EPOCH, FEED_SLACK_MS, 0, FEED_STALE_MS),
        )
        await self._connection.repeat(repeat(command, self._size // BATCH), float("inf"))
        now_ms = await server_now_ms(self._client)
        return await self._client.zcount(k.timers, "-inf", now_ms + _LEASE_MS - keys.URGENCY_MS)


class RawStatements:
    def __init__(self, pool: Pool, client: Redis, size: int) -> None:
        self._pool = pool
        self._client = client
        self._size = size
        self._numbers = count(time.time_ns())

    async def __call__(self) -> int:
        now_ms = await server_now_ms(self._client)
        batches = iter([[next(self._numbers) for _ in range(BATCH)] for _ in range(self._size // BATCH)])
        await asyncio.gather(*(self._write(batches, now_ms) for _ in range(CONNECTIONS)))
        return self._size

    async def _write(self, batches: Iterator[Sequence[int]], now_ms: int) -> None:
        async with self._pool.acquire() as connection:
            for batch in batches:
                await connection.execute(_BEGIN_AND_CLAIM, _BOT, batch, now_ms)
                await connection.execute(_REPORT_AND_END, _BOT, batch, now_ms)
