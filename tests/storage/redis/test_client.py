"""A Redis that could lose timers is refused, and one that is absent raises one error everywhere."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from engine.core.errors import UnreachableError
from storage.redis import bot_state, chat_states, ephemeral, server_identity, shards
from storage.redis.client import MOST_CONNECTIONS, Redis, check_redis, open_redis
from storage.redis.server_clock import server_now_ms

BOT = 7


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_server_that_may_evict_is_refused_with_the_mend(client: Redis, policy: str) -> None:
    await client.config_set("maxmemory-policy", policy)
    try:
        with pytest.raises(UnreachableError, match=rf"is {policy}\): set `maxmemory-policy noeviction`"):
            await check_redis(client)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
    await check_redis(client)


async def test_any_number_of_calls_at_once_shares_a_bounded_number_of_connections(client: Redis) -> None:
    before = int((await client.info("clients"))["connected_clients"])
    await asyncio.gather(*[ephemeral.put(client, f"key {number}", "", 60) for number in range(8 * MOST_CONNECTIONS)])
    assert int((await client.info("clients"))["connected_clients"]) - before < MOST_CONNECTIONS


async def test_an_absent_server_is_refused_with_the_mend() -> None:
    client = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError, match="check REDIS_URL"):
        await check_redis(client)
    await client.aclose()


@pytest.mark.parametrize(
    ("ask", "failed"),
    [
        (lambda client: bot_state.hold(client, BOT, 1), "did not return held of bot 7"),
        (lambda client: bot_state.set_generation(client, BOT, 1, "run"), "did not store run of bot 7"),
        (lambda client: chat_states.read_states(client, BOT, [1]), "did not answer"),
        (lambda client: chat_states.scan_states(client, BOT, 0, 1), "did not answer"),
        (lambda client: chat_states.forget_bot(client, BOT), "did not forget bot 7"),
        (lambda client: ephemeral.put(client, "key", "", 1), "did not answer"),
        (lambda client: ephemeral.take(client, "key"), "did not answer"),
        (shards.read, "did not return the number of shards"),
        (lambda client: shards.establish(client, shards.Layout(1, 1)), "did not store the number of shards"),
        (server_identity.life_of, "did not say which server it is"),
        (server_now_ms, "did not return the time"),
    ],
)
async def test_an_absent_server_raises_what_failed_why_and_the_mend(
    ask: Callable[[Redis], Awaitable[object]], failed: str
) -> None:
    client = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError, match=rf"^Redis {failed} \(.+\): check REDIS_URL.*\.$"):
        await ask(client)
    await client.aclose()
