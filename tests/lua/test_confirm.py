"""The feed's watermark: up to when every update is surely taken in."""

from tests.lua.conftest import BOT, START_MS, Bench


async def test_a_watermark_never_goes_back(bench: Bench) -> None:
    bench.now_ms -= 10_000
    await bench.timers.confirm(BOT)
    watermark = await bench.client.hget(bench.keys.bot, "watermark")
    assert watermark == str(START_MS)


async def test_a_confirmation_tells_now(bench: Bench) -> None:
    assert await bench.timers.confirm(BOT) == START_MS


async def test_a_confirmation_raises_the_watermark_and_nothing_else(bench: Bench) -> None:
    await bench.arm(1)
    before = await bench.look(1)
    bench.now_ms += 10_000
    await bench.timers.confirm(BOT)
    assert await bench.client.hgetall(bench.keys.bot) == {"generation": "1", "watermark": str(START_MS + 10_000)}
    assert await bench.look(1) == before
