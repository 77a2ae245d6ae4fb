"""A process says which keys it has while it runs, and that it has ended."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.runtime import held_keys
from storage.postgres import key_holders
from storage.postgres.key_holders import KeyHolder
from storage.postgres.pool import Pool, transaction
from storage.redis.client import Redis, open_redis


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


async def only(pool: Pool) -> KeyHolder:
    async with transaction(pool) as connection:
        (holder,) = await key_holders.listed(connection)
    return holder


async def test_it_is_said_before_anything_is_done_and_again_and_again(
    pool: Pool, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_keys, "BEAT_S", 0.01)
    async with held_keys.said(pool, client, "poller", ["aa", "bb"], signs=True):
        first = await only(pool)
        assert (first.kind, first.keys, first.signs, first.ended) == ("poller", ("aa", "bb"), True, False)
        assert first.runs(first.seen_at_ms + key_holders.LOST_MS - 1)
        async with asyncio.timeout(20):
            while (await only(pool)).seen_at_ms == first.seen_at_ms:  # noqa: ASYNC110 - the database is the signal
                await asyncio.sleep(0.01)
    last = await only(pool)
    assert last.ended
    assert not last.runs(last.seen_at_ms)


async def test_a_process_ends_although_the_database_does_not_hear_of_it(pool: Pool, client: Redis) -> None:
    async with held_keys.said(pool, client, "receiver", ["aa"], signs=False):
        await pool.execute("ALTER TABLE key_holders RENAME TO elsewhere")
    await pool.execute("ALTER TABLE elsewhere RENAME TO key_holders")
    assert not (await only(pool)).ended
