"""A Redis that forgets its scripts is taught again; one that could lose timers is refused."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.core.errors import UnreachableError
from storage.redis.client import Redis, check_redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.timers import NextTimer, Sign, Timers

BOT = 7


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


async def test_a_server_that_forgot_a_script_is_taught_again(client: Redis) -> None:
    timers = Timers(client)
    await timers.touch(BOT, [Sign(1, 0)], 1_000)
    await client.script_flush()
    await timers.touch(BOT, [Sign(2, 0)], 1_000)
    assert await client.zcard(of_bot(BOT).timers) == 2


async def test_callers_at_once_are_all_answered_after_the_scripts_were_forgotten(client: Redis) -> None:
    timers = Timers(client)
    await timers.touch(BOT, [Sign(0, 0)], 1_000)
    await client.script_flush()
    touches = (timers.touch(BOT, [Sign(chat, 0)], 1_000) for chat in range(1, 10))
    removals = (timers.settle(BOT, [NextTimer(chat, 1, -1)]) for chat in range(1, 10))
    await asyncio.gather(*touches, *removals)
    assert await client.zcard(of_bot(BOT).timers) == 10


async def test_a_fault_inside_a_script_is_no_silence(client: Redis) -> None:
    await client.set(of_bot(BOT).timers, "not a sorted set")
    with pytest.raises(UnreachableError, match="WRONGTYPE"):
        await Timers(client).touch(BOT, [Sign(1, 0)], 1_000)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_server_that_may_evict_is_refused_with_the_mend(client: Redis, policy: str) -> None:
    await client.config_set("maxmemory-policy", policy)
    try:
        with pytest.raises(UnreachableError, match=rf"is {policy}\): set `maxmemory-policy noeviction`"):
            await check_redis(client)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
    await check_redis(client)


async def test_an_absent_server_is_named_with_the_mend() -> None:
    client = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError, match="check REDIS_URL"):
        await check_redis(client)
    await client.aclose()
