"""A server's clock that is put back: what it told before is not believed, and nothing waits until it has caught up."""

import asyncio

import fakeredis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.watermark import CLOCKS_APART_MS, least_now_ms
from storage.redis.timer_values import ClaimCode, Lost, NextTimer, Sign
from storage.redis.timers import FEED_SLACK_MS
from tests.lua.conftest import BOT, MINUTE_MS, START_MS, Bench

DAY_MS = 1_440 * MINUTE_MS
BACK = pytest.mark.parametrize("back_ms", [FEED_SLACK_MS + 2_000, 30_000, 10 * MINUTE_MS, DAY_MS])


async def _watermark(bench: Bench) -> int:
    return int(await bench.client.hget(bench.keys.bot, "watermark") or 0)


@BACK
async def test_a_watermark_of_a_clock_that_was_put_back_holds_everything(bench: Bench, back_ms: int) -> None:
    """The feed is dead: whoever was silent by then may have written since."""
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    bench.now_ms -= back_ms
    await bench.arm(2, threshold_ms=0)
    claimed = await bench.claim()
    assert (claimed.code, claimed.timers) == (ClaimCode.CLAIMED, ())


@BACK
async def test_a_dead_feed_holds_everything_even_when_the_clock_has_caught_up(bench: Bench, back_ms: int) -> None:
    bench.now_ms -= back_ms
    await bench.arm(1, threshold_ms=0)
    assert (await bench.claim()).timers == ()
    bench.now_ms += back_ms + MINUTE_MS
    assert (await bench.claim()).timers == ()


@BACK
async def test_a_feed_that_is_read_under_the_earlier_clock_opens_the_bot_again(bench: Bench, back_ms: int) -> None:
    bench.now_ms -= back_ms
    await bench.arm(1, threshold_ms=0)
    assert (await bench.claim()).timers == ()
    await bench.pass_time(1_000)
    assert await _watermark(bench) == bench.now_ms
    assert [held.chat_id for held in (await bench.claim()).timers] == [1]


@BACK
async def test_a_look_that_began_before_the_clock_was_put_back_opens_nothing(bench: Bench, back_ms: int) -> None:
    """It speaks of a time of the clock before, or of one at which nobody knew of the change yet."""
    bench.now_ms -= back_ms
    await bench.arm(1, threshold_ms=0)
    await bench.claim()
    bench.now_ms += 1_000
    for upto_ms in (START_MS, START_MS - back_ms - 1):
        await bench.timers.confirm(BOT, await bench.holding(), upto_ms)
        assert await _watermark(bench) == START_MS
        assert (await bench.claim()).timers == ()


async def test_a_clock_that_is_put_back_again_needs_a_look_again(bench: Bench) -> None:
    for _ in range(2):
        bench.now_ms -= MINUTE_MS
        await bench.claim()
    await bench.timers.confirm(BOT, await bench.holding(), bench.now_ms - 1)
    assert await _watermark(bench) == START_MS
    await bench.pass_time(1_000)
    assert await _watermark(bench) == bench.now_ms
    assert not await bench.client.hexists(bench.keys.bot, "turned")


async def test_a_step_within_the_slack_holds_nothing(bench: Bench) -> None:
    """Servers that take over from each other differ by so much."""
    await bench.arm(1, threshold_ms=0)
    bench.now_ms -= FEED_SLACK_MS
    await bench.arm(2, seen_ms=bench.now_ms - 5_000, threshold_ms=0)
    assert [held.chat_id for held in (await bench.claim()).timers] == [2]


@BACK
async def test_a_hold_lasts_no_longer_because_the_clock_was_put_back(bench: Bench, back_ms: int) -> None:
    """Telegram asked for seconds. If it still wants them, it asks again."""
    await bench.client.hset(bench.keys.bot, "held", str(bench.now_ms + 3_000))
    assert (await bench.claim()).code is ClaimCode.HELD
    bench.now_ms -= back_ms
    assert (await bench.claim()).code is ClaimCode.CLAIMED
    await bench.client.hset(bench.keys.bot, "held", str(bench.now_ms + 3_000))
    assert (await bench.claim()).code is ClaimCode.HELD


@BACK
@pytest.mark.parametrize("later_ms", [1_000, 5_000])
async def test_a_sign_of_life_counts_although_the_last_one_seems_to_be_later(
    bench: Bench, back_ms: int, later_ms: int
) -> None:
    held = await bench.hold(1)
    await bench.settle(1, bench.now_ms + MINUTE_MS, opaque="1cursor")
    bench.now_ms = held.seen_ms - back_ms + later_ms
    (broken,) = (await bench.timers.touch(BOT, [Sign(1, bench.now_ms)], MINUTE_MS)).interrupted
    assert broken.opaque == "1cursor"
    state = await bench.state(1)
    assert state
    assert (state.seen_ms, state.opaque) == (held.seen_ms, "")
    assert state.version > held.version


@BACK
async def test_what_an_emptied_server_with_an_earlier_clock_gets_back_is_newer_than_all_claims_before(
    bench: Bench, back_ms: int
) -> None:
    """PostgreSQL lets no claim take a delivery that has seen a newer one."""
    held = await bench.hold(1)
    await bench.client.delete(bench.keys.state, bench.keys.timers)
    bench.now_ms -= back_ms
    lost = Lost(1, START_MS - DAY_MS, bench.now_ms, on_wire=False, opaque="1c", version=held.version)
    other = lost._replace(chat_id=2, version=0)
    await bench.timers.restore(BOT, [lost, other])
    await bench.claim()
    await bench.pass_time(1_000)
    again = {row.chat_id: row.version for row in (await bench.claim()).timers}
    assert set(again) == {1, 2}
    assert again[1] > held.version


THRESHOLD_MS = MINUTE_MS
"""The shortest that a campaign may have."""
ACTS = st.one_of(
    st.tuples(st.just("time"), st.integers(0, 90_000)),
    st.tuples(st.just("back"), st.integers(CLOCKS_APART_MS + 1, 10 * MINUTE_MS)),
    st.tuples(st.sampled_from(["look begins", "look ends", "touch"]), st.integers(1, 3)),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(acts=st.lists(ACTS, max_size=30))
def test_nobody_is_claimed_whose_silence_the_feed_has_not_heard_to_its_end(acts: list[tuple[str, int]]) -> None:
    """However often the clock is put back, and whenever a look began."""
    asyncio.run(_play(acts))


async def _play(acts: list[tuple[str, int]]) -> None:
    bench = Bench(fakeredis.FakeAsyncRedis(decode_responses=True))
    await bench.make_whole()
    really_ms = heard_until_ms = 0
    touched_ms: dict[int, int] = {}
    look = (START_MS, 0)
    for act, value in acts:
        if act == "time":
            really_ms, bench.now_ms = really_ms + value, bench.now_ms + value
        elif act == "back":
            bench.now_ms -= value
        elif act == "look begins":
            look = (bench.now_ms, really_ms)
        elif act == "look ends":
            least_ms = least_now_ms(look[0], (really_ms - look[1]) / 1000)
            await bench.timers.confirm(BOT, await bench.holding(), look[0], least_ms)
            heard_until_ms = max(heard_until_ms, look[1])
        else:
            await bench.arm(value, threshold_ms=THRESHOLD_MS)
            touched_ms[value] = really_ms
        for held in (await bench.claim()).timers:
            assert touched_ms[held.chat_id] + THRESHOLD_MS <= heard_until_ms + FEED_SLACK_MS
            await bench.timers.settle(BOT, [NextTimer(held.chat_id, held.version, -1)])
    await bench.client.aclose()
