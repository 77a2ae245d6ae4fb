"""A Redis that forgets its scripts is taught again; one that could lose timers is refused."""

import pytest

from engine.core.errors import UnreachableError
from storage.redis import check_redis, open_redis
from storage.timers import Sign, Timers


async def test_a_forgotten_script_is_taught_again(redis_url: str) -> None:
    client = open_redis(redis_url)
    timers = Timers(client)
    await timers.touch(7, [Sign(1, 0)], 1_000)
    await client.script_flush()
    assert (await timers.touch(7, [Sign(1, 0)], 1_000)).now_ms > 0
    await client.aclose()


async def test_a_server_that_may_evict_is_refused_with_the_mend(redis_url: str) -> None:
    client = open_redis(redis_url)
    await client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(UnreachableError, match="noeviction"):
            await check_redis(client)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
    await check_redis(client)
    await client.aclose()


async def test_an_absent_server_is_named_with_the_mend() -> None:
    client = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError, match="REDIS_URL"):
        await check_redis(client)
    await client.aclose()
