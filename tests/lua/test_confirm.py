"""The feed's watermark, and the clock that decides."""

from storage.feed import server_now_ms
from storage.redis import open_redis
from storage.timers import Sign, Timers
from tests.lua.conftest import BOT, MINUTE_MS, START_MS, Bench


async def test_a_watermark_never_goes_back(bench: Bench) -> None:
    bench.now_ms -= 10_000
    await bench.timers.confirm(BOT)
    watermark = await bench.client.hget(bench.keys.bot, "watermark")
    assert watermark == str(START_MS)


async def test_a_confirmation_tells_now_and_the_nearest_due(bench: Bench) -> None:
    await bench.arm(1)
    assert await bench.timers.confirm(BOT) == (START_MS, "1", START_MS + MINUTE_MS)


async def test_in_production_the_servers_clock_decides(redis_url: str) -> None:
    client = open_redis(redis_url)
    before = await server_now_ms(client)
    touched = await Timers(client).touch(BOT, [Sign(1, 0)], 0)
    after = await server_now_ms(client)
    await client.aclose()
    assert before <= touched.now_ms <= after
    assert before <= touched.nearest_due_ms <= after
