"""Bounds from the server's histogram: by hand, and as the server gives them."""

import pytest

from bench.questions.scale.histogram import bound_of, held_by_scripts
from storage.redis.client import open_redis
from storage.redis.timers import Timers


@pytest.mark.parametrize(
    ("bounds", "calls", "bound"),
    [
        ({}, 0, 0),
        ({8: 1}, 1, 8),
        ({8: 999, 4_227: 1_000}, 1_000, 8),
        ({8: 998, 4_227: 1_000}, 1_000, 4_227),
        ({4_227: 2_000, 8: 1_997}, 2_000, 4_227),
    ],
)
def test_the_bound_is_the_least_that_so_many_calls_did_not_exceed(
    bounds: dict[int, int], calls: int, bound: int
) -> None:
    assert bound_of(bounds, calls, 999) == bound


async def test_the_servers_histogram_is_read(redis_url: str) -> None:
    client = open_redis(redis_url)
    timers = Timers(client)
    await timers.touch(7, [], None)
    await client.config_resetstat()
    await timers.touch(7, [], None)
    held = await held_by_scripts(client)
    await client.aclose()
    assert held.calls == 1
    assert 0 < held.p999_us == held.most_us
