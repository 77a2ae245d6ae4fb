"""The feed's watermark: the time up to which every update is surely taken in, confirmed by the holder."""

import pytest

from storage.redis.ownership import OwnCode
from storage.redis.timer_values import NOTHING_ARMED, NextTimer
from tests.lua.conftest import BOT, LEASE_MS, MINUTE_MS, OWNER, START_MS, Bench


async def _watermark(bench: Bench) -> str | None:
    watermark = await bench.client.hget(bench.keys.bot, "watermark")
    return None if watermark is None else str(watermark)


async def test_a_watermark_never_goes_back(bench: Bench) -> None:
    bench.now_ms -= 10_000
    await bench.confirm()
    assert await _watermark(bench) == str(START_MS)


async def test_a_confirmation_returns_now(bench: Bench) -> None:
    assert await bench.confirm() == START_MS


async def test_a_confirmation_raises_the_watermark_and_nothing_else(bench: Bench) -> None:
    await bench.arm(1)
    before = await bench.look(1)
    bench.now_ms += 10_000
    await bench.confirm()
    assert await bench.client.hgetall(bench.keys.bot) == {"generation": "1", "watermark": str(START_MS + 10_000)}
    assert await bench.look(1) == before


async def test_an_earlier_time_is_confirmed_as_such_and_a_later_one_as_now(bench: Bench) -> None:
    bench.now_ms += 10_000
    await bench.timers.confirm(BOT, await bench.holding(), START_MS + 4_000)
    assert await _watermark(bench) == str(START_MS + 4_000)
    await bench.timers.confirm(BOT, await bench.holding(), START_MS + 99_000)
    assert await _watermark(bench) == str(START_MS + 10_000)


async def test_an_earlier_time_never_takes_the_watermark_back(bench: Bench) -> None:
    bench.now_ms += 10_000
    for upto_ms, watermark in ((6_000, 6_000), (1_000, 6_000), (-99_000_000, 6_000), (10_000, 10_000)):
        await bench.timers.confirm(BOT, await bench.holding(), START_MS + upto_ms)
        assert await _watermark(bench) == str(START_MS + watermark)


async def test_a_confirmation_shows_the_nearest_due_however_urgent(bench: Bench) -> None:
    async def nearest_due_ms() -> int:
        return (await bench.timers.confirm(BOT, await bench.holding())).nearest_due_ms

    assert await nearest_due_ms() == NOTHING_ARMED
    await bench.arm(1)
    assert await nearest_due_ms() == START_MS + MINUTE_MS
    await bench.arm(2, threshold_ms=MINUTE_MS // 2)
    assert await nearest_due_ms() == START_MS + MINUTE_MS // 2
    await bench.pass_time(MINUTE_MS // 2)
    held = await bench.claim_one()
    assert await nearest_due_ms() == bench.now_ms + LEASE_MS
    await bench.timers.settle(BOT, [NextTimer(2, held.version, START_MS + 2 * MINUTE_MS, urgent=True, opaque="x")])
    assert await nearest_due_ms() == START_MS + MINUTE_MS
    assert (await bench.timers.touch(BOT, [], None)).nearest_due_ms == START_MS + MINUTE_MS


@pytest.mark.parametrize("holder", ["them 1", f"{OWNER} 2", OWNER, ""])
async def test_nobody_but_the_holder_of_the_feed_confirms_it(bench: Bench, holder: str) -> None:
    bench.now_ms += 10_000
    held = (await bench.holding())._replace(holder=holder)
    assert (await bench.timers.confirm(BOT, held)).code is OwnCode.OTHERS
    assert await _watermark(bench) == str(START_MS)


async def test_a_feed_that_nobody_holds_is_not_confirmed(bench: Bench) -> None:
    await bench.client.delete(bench.keys.poll)
    bench.now_ms += 10_000
    assert (await bench.timers.confirm(BOT, await bench.holding())).code is OwnCode.OTHERS
