"""The reaper gives up what nobody holds any more, however much is still held."""

from collections.abc import AsyncIterator

import pytest

from engine.poller.reaper import PATIENCE_MS, reap
from storage.postgres.pool import Pool
from storage.postgres.statements import PAGE
from storage.redis.client import Redis, open_redis
from storage.redis.timer_values import Sign
from storage.redis.timers import Timers

BOT, OTHER = 7, 8
NOW = 1_800_000_000_000
SENDING = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, claimed_at)
SELECT bot_id, chat_id, 0, 'hello', 'one', 0, 'sending', version, 1, 0, claimed_at
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS w(bot_id, chat_id, version, claimed_at)
"""
TOO_LONG_AGO = NOW - PATIENCE_MS - 1_000


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


async def test_what_is_still_held_hides_nothing_that_nobody_holds(pool: Pool, client: Redis) -> None:
    """More than a page is held, and claimed before the others: a bot is paused, and its timers stand still."""
    held, timers = range(1, PAGE + 10), Timers(client)
    for chats in (held[:PAGE], held[PAGE:]):
        await timers.touch(BOT, [Sign(chat, 1_000) for chat in chats], 1_000)
    versions = [*await timers.versions(BOT, held[:PAGE]), *await timers.versions(BOT, held[PAGE:])]
    rows = [(BOT, chat, version, TOO_LONG_AGO) for chat, version in zip(held, versions, strict=True)]
    gone = [(BOT, 9_001, 5, TOO_LONG_AGO + 1), (OTHER, 1, 5, TOO_LONG_AGO + 1), (OTHER, 2, 5, NOW - PATIENCE_MS)]
    await pool.execute(SENDING, *map(list, zip(*rows, *gone, strict=True)))
    assert await reap(pool, timers, NOW) == 2
    unknown = await pool.fetch("SELECT bot_id, chat_id FROM recovery_deliveries WHERE status = 'unknown' ORDER BY 1, 2")
    assert [tuple(row) for row in unknown] == [(BOT, 9_001), (OTHER, 1)]
