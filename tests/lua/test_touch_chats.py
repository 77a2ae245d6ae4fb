"""A sign of life: counted once, never backwards, and always ahead of every decision before it."""

import pytest

from storage.redis.timer_values import Interrupted, NextTimer, Sign
from storage.redis.timers import BATCH
from tests.lua.conftest import BOT, MINUTE_MS, START_MS, WHOLE_MS, Bench


async def test_an_undated_sign_counts_as_now(bench: Bench) -> None:
    await bench.arm(1)
    assert await bench.score(1) == START_MS + MINUTE_MS


async def test_a_dated_sign_counts_as_the_end_of_its_second(bench: Bench) -> None:
    bench.now_ms += 10_000
    await bench.arm(1, seen_ms=WHOLE_MS)
    assert await bench.score(1) == WHOLE_MS + MINUTE_MS


async def test_a_dated_sign_is_never_later_than_now(bench: Bench) -> None:
    await bench.arm(1, seen_ms=WHOLE_MS)
    assert await bench.score(1) == START_MS + MINUTE_MS


async def test_another_sign_of_the_same_second_does_not_count(bench: Bench) -> None:
    await bench.arm(1, seen_ms=WHOLE_MS)
    before = await bench.state(1)
    bench.now_ms += 5_000
    await bench.arm(1, seen_ms=WHOLE_MS)
    assert await bench.state(1) == before


async def test_a_dated_sign_within_the_second_of_an_undated_one_does_not_count(bench: Bench) -> None:
    await bench.arm(1)
    before = await bench.look(1)
    bench.now_ms += 2_000
    await bench.arm(1, seen_ms=WHOLE_MS)
    assert await bench.look(1) == before


async def test_a_sign_of_the_next_second_counts(bench: Bench) -> None:
    bench.now_ms += 10_000
    await bench.arm(1, seen_ms=WHOLE_MS)
    version = await bench.version(1)
    await bench.arm(1, seen_ms=WHOLE_MS + 1_000)
    assert await bench.score(1) == WHOLE_MS + 1_000 + MINUTE_MS
    assert await bench.version(1) > version


async def test_a_second_undated_sign_at_the_same_moment_raises_the_version(bench: Bench) -> None:
    await bench.arm(1)
    version = await bench.version(1)
    await bench.arm(1)
    assert await bench.version(1) == version + 1


async def test_another_threshold_counts_from_the_new_sign_only(bench: Bench) -> None:
    await bench.arm(1, 2)
    await bench.arm(1, threshold_ms=5)
    assert [await bench.score(1), await bench.score(2)] == [START_MS + 5, START_MS + MINUTE_MS]


async def test_a_touch_takes_a_lease_from_its_holder(bench: Bench) -> None:
    await bench.hold(1)
    await bench.arm(1)
    assert await bench.score(1) == bench.now_ms + MINUTE_MS


async def test_an_older_sign_moves_nothing(bench: Bench) -> None:
    await bench.arm(1)
    before = await bench.state(1)
    await bench.arm(1, seen_ms=WHOLE_MS - 5_000)
    assert await bench.state(1) == before


async def test_two_signs_out_of_order_in_one_call_count_as_the_newer(bench: Bench) -> None:
    bench.now_ms += 60_000
    signs = [Sign(1, WHOLE_MS + 30_000), Sign(1, WHOLE_MS)]
    await bench.timers.touch(BOT, signs, MINUTE_MS)
    assert await bench.score(1) == WHOLE_MS + 30_000 + MINUTE_MS


async def test_each_sign_raises_the_version_even_when_the_clock_steps_back(bench: Bench) -> None:
    await bench.arm(1)
    before = await bench.version(1)
    bench.now_ms -= 10_000
    await bench.arm(1)
    assert await bench.version(1) == before + 1


async def test_a_clock_that_steps_back_does_not_take_the_last_seen_back(bench: Bench) -> None:
    await bench.arm(1)
    bench.now_ms -= 10_000
    await bench.arm(1)
    assert await bench.score(1) == START_MS + MINUTE_MS


async def test_an_interrupted_episode_is_returned_once_with_its_mark(bench: Bench) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    held = await bench.claim_one()
    await bench.timers.settle(BOT, [NextTimer(1, held.version, bench.now_ms + 10, opaque="1cursor")])
    await bench.timers.pass_(BOT, [await bench.last_look(1)])
    touched = await bench.timers.touch(BOT, [Sign(1, 0)], MINUTE_MS)
    assert touched.interrupted == (Interrupted(1, on_wire=True, opaque="1cursor"),)
    assert (await bench.timers.touch(BOT, [Sign(1, 0)], MINUTE_MS)).interrupted == ()


async def test_a_sign_that_does_not_count_interrupts_nothing(bench: Bench) -> None:
    held = await bench.hold(1)
    await bench.settle(1, bench.now_ms)
    touched = await bench.timers.touch(BOT, [Sign(1, held.seen_ms - 1_000)], MINUTE_MS)
    assert touched.interrupted == ()


async def test_the_interrupted_episode_of_a_disarmed_chat_is_returned_too(bench: Bench) -> None:
    await bench.hold(1)
    await bench.settle(1, bench.now_ms, opaque="1 cursor")
    touched = await bench.timers.touch(BOT, [Sign(1, 0)], None)
    assert touched.interrupted == (Interrupted(1, on_wire=False, opaque="1 cursor"),)


async def test_without_a_threshold_a_chat_is_disarmed(bench: Bench) -> None:
    await bench.arm(1)
    await bench.timers.touch(BOT, [Sign(1, 0), Sign(2, 0)], None)
    assert [await bench.score(1), await bench.state(1), await bench.score(2), await bench.state(2)] == [None] * 4


@pytest.mark.parametrize(("urgent_ms", "plain_ms"), [(9_000, 5_000), (5_000, 9_000)])
async def test_the_nearest_due_is_returned_among_urgent_and_plain_ones(
    bench: Bench, urgent_ms: int, plain_ms: int
) -> None:
    await bench.arm(1, 2)
    await bench.pass_time(MINUTE_MS)
    await bench.claim()
    await bench.settle(1, bench.now_ms + urgent_ms, urgent=True)
    await bench.settle(2, bench.now_ms + plain_ms)
    assert (await bench.timers.touch(BOT, [], MINUTE_MS)).nearest_due_ms == bench.now_ms + 5_000


async def test_a_bot_without_armed_timers_returns_that(bench: Bench) -> None:
    assert (await bench.timers.touch(BOT, [], MINUTE_MS)).nearest_due_ms == -1


async def test_one_call_takes_a_whole_batch(bench: Bench) -> None:
    await bench.arm(*range(BATCH))
    assert await bench.client.zcard(bench.keys.timers) == BATCH


async def test_the_generation_is_returned_and_its_absence_too(bench: Bench) -> None:
    assert (await bench.timers.touch(BOT, [], MINUTE_MS)).generation == "1"
    await bench.client.delete(bench.keys.bot)
    assert (await bench.timers.touch(BOT, [], MINUTE_MS)).generation == ""
