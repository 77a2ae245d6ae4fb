"""A lane sleeps until the next timer is due, and no longer."""

import asyncio
import time
from typing import Any

import pytest
from msgspec.structs import replace

from engine.poller import lane as lanes
from storage.redis.keys import of_bot
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import NOTHING_ARMED, ClaimCode, Claimed, Sign
from tests.poller.yard import BOT, LONG_AGO_MS, NEWEST, Yard


class Looks:
    """A lane that runs, and what it asked for: each look is a claim."""

    def __init__(self, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._looked: asyncio.Queue[int] = asyncio.Queue()
        claim = yard.timers.claim

        async def counted(*asked: Any) -> Any:
            self.count += 1
            claimed = await claim(*asked)
            self._looked.put_nowait(len(claimed.timers))
            return claimed

        monkeypatch.setattr(yard.timers, "claim", counted)
        yard.lane._bucket_of(yard.pages.bots[BOT], 1)
        yard.now_s += 100
        self._running = asyncio.create_task(yard.lane.run())

    async def next(self) -> int:
        return await asyncio.wait_for(self._looked.get(), 10)

    async def end(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)


async def _arm_in(yard: Yard, chat: int, ms: int) -> int:
    """Arm a chat whose silence is over in this time; returns its due."""
    await yard.timers.touch(BOT, [Sign(chat, 0)], ms)
    return int(await yard.client.zscore(of_bot(BOT).timers, str(chat)) or 0)


async def test_each_of_many_lanes_waits_for_its_moment_to_begin(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: asyncio.Queue[float] = asyncio.Queue()

    async def pause(seconds: float) -> None:
        pauses.put_nowait(seconds)
        await asyncio.Event().wait()

    yard.lane._first_after_s = 0.35
    monkeypatch.setattr(asyncio, "sleep", pause)
    running = asyncio.create_task(yard.lane.run())
    assert await pauses.get() == 0.35
    running.cancel()


async def test_a_timer_that_falls_due_is_claimed_at_the_first_look_after_the_one_that_saw_it(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.journeys.go.set()
    await yard.arm(0)
    yard.clock.hear(await server_now_ms(yard.client))
    await _arm_in(yard, 1, 300)
    looks = Looks(yard, monkeypatch)
    assert [await looks.next(), await looks.next()] == [0, 1]
    await looks.end()
    assert looks.count == 2


@pytest.mark.parametrize("ms", [1, 2, 30])
async def test_a_lane_sleeps_exactly_until_the_nearest_due(yard: Yard, ms: int) -> None:
    claimed = Claimed(ClaimCode.CLAIMED, yard.clock.now_ms(), yard.clock.now_ms() + ms, ())
    assert yard.lane._sleep_s(yard.pages.bots[BOT], claimed) <= ms / 1000


async def test_what_fell_due_while_a_look_was_under_way_is_looked_at_at_once(yard: Yard) -> None:
    yard.clock.hear(LONG_AGO_MS)
    now_ms = yard.clock.now_ms()
    claimed = Claimed(ClaimCode.CLAIMED, now_ms - 5, now_ms - 1, ())
    assert yard.lane._sleep_s(yard.pages.bots[BOT], claimed) == 0


@pytest.mark.parametrize(("threshold_ms", "sleep_s"), [(60_000, lanes.LONGEST_SLEEP_S), (2_000, 2.0)])
@pytest.mark.parametrize("ahead_ms", [None, 3_600_000])
async def test_a_lane_looks_again_without_being_woken(
    yard: Yard, threshold_ms: int, sleep_s: float, ahead_ms: int | None
) -> None:
    """A timer that is armed from now on could be due after a threshold, and no wake-up is trusted to come."""
    bot = yard.pages.bots[BOT]._replace(newest=replace(NEWEST, threshold_ms=threshold_ms))
    now_ms = yard.clock.now_ms()
    claimed = Claimed(ClaimCode.CLAIMED, now_ms, NOTHING_ARMED if ahead_ms is None else now_ms + ahead_ms, ())
    assert yard.lane._sleep_s(bot, claimed) == sleep_s


async def test_timers_that_wait_for_the_feed_are_looked_at_ten_times_a_second(yard: Yard) -> None:
    now_ms = yard.clock.now_ms()
    claimed = Claimed(ClaimCode.CLAIMED, now_ms, now_ms, ())
    assert yard.lane._sleep_s(yard.pages.bots[BOT], claimed) == lanes.UNCLAIMABLE_SLEEP_S


async def test_a_deadline_that_a_journey_sets_wakes_the_lane_at_its_moment(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await yard.arm(1)
    yard.clock.hear(await server_now_ms(yard.client))
    looks = Looks(yard, monkeypatch)
    assert await looks.next() == 1
    due_ms = await _arm_in(yard, 2, 300)
    ahead_s = (due_ms - yard.clock.now_ms()) / 1000
    yard.journeys.permits[0].note_due(due_ms)
    assert yard.lane._alarm._at_s
    assert yard.lane._alarm._at_s - time.monotonic() <= ahead_s
    assert await looks.next() == 1
    assert [held.chat_id for held in yard.journeys.served] == [1, 2]
    await looks.end()


async def test_a_journey_that_ends_without_a_deadline_causes_no_look(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await yard.arm(1)
    yard.clock.hear(await server_now_ms(yard.client))
    looks = Looks(yard, monkeypatch)
    await looks.next()
    yard.journeys.go.set()
    await yard.lane.finish()
    for _ in range(10):
        await asyncio.sleep(0)
    assert yard.lane._alarm._at_s
    assert yard.lane._alarm._at_s - time.monotonic() > 1
    await looks.end()
