"""Scripts on a server that has forgotten them, and a script that fails."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.core.errors import UnreachableError
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.timer_values import NextTimer, Sign
from storage.redis.timers import Timers

BOT = 7


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


async def test_a_server_that_forgot_a_script_gets_it_again(client: Redis) -> None:
    timers = Timers(client)
    await timers.touch(BOT, [Sign(1, 0)], 1_000)
    await client.script_flush()
    await timers.touch(BOT, [Sign(2, 0)], 1_000)
    assert await client.zcard(of_bot(BOT).timers) == 2


async def test_concurrent_callers_are_all_answered_after_the_scripts_were_forgotten(client: Redis) -> None:
    timers = Timers(client)
    await timers.touch(BOT, [Sign(0, 0)], 1_000)
    await client.script_flush()
    touches = (timers.touch(BOT, [Sign(chat, 0)], 1_000) for chat in range(1, 10))
    removals = (timers.settle(BOT, [NextTimer(chat, 1, -1)]) for chat in range(1, 10))
    await asyncio.gather(*touches, *removals)
    assert await client.zcard(of_bot(BOT).timers) == 10


async def test_a_fault_inside_a_script_is_raised(client: Redis) -> None:
    await client.set(of_bot(BOT).timers, "not a sorted set")
    with pytest.raises(UnreachableError, match="WRONGTYPE"):
        await Timers(client).touch(BOT, [Sign(1, 0)], 1_000)
