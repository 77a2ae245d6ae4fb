"""The bare connection to Redis, against a real server."""

from itertools import repeat

import pytest

from bench.harness.bare_redis import RefusedError, bare_redis, packed


async def test_every_command_that_was_sent_is_counted_once_it_is_answered(redis_url: str) -> None:
    async with bare_redis(redis_url) as connection:
        assert await connection.repeat(repeat(packed("INCR", "count"), 1_000), 60) == 1_000
        assert await connection.ask(packed("GET", "count")) == b"1000"


async def test_it_stops_when_its_time_is_over(redis_url: str) -> None:
    async with bare_redis(redis_url) as connection:
        answered = await connection.repeat(repeat(packed("INCR", "count")), 0.01)
        assert await connection.ask(packed("GET", "count")) == str(answered).encode()


async def test_a_refused_command_ends_the_run(redis_url: str) -> None:
    async with bare_redis(redis_url) as connection:
        with pytest.raises(RefusedError, match="unknown command"):
            await connection.repeat(repeat(packed("NONSENSE"), 10), 60)
