"""An alarm rings at the earliest moment that was asked for, and never before it."""

import asyncio
import time

import pytest

from engine.runtime.alarm import Alarm

LATER_S = 3_600.0


@pytest.fixture
def alarm() -> Alarm:
    return Alarm()


@pytest.mark.parametrize("moments", [(0.01, LATER_S), (LATER_S, 0.01), (LATER_S, 0.01, LATER_S)])
async def test_the_earliest_moment_counts(alarm: Alarm, moments: tuple[float, ...]) -> None:
    for seconds in moments:
        alarm.set(seconds)
    await asyncio.wait_for(alarm.wait(), 10)


@pytest.mark.parametrize("seconds", [0.0, 0.0004, 0.0013, 0.0149])
async def test_it_never_rings_before_its_moment(alarm: Alarm, seconds: float) -> None:
    for _ in range(10):
        began_s = time.monotonic()
        alarm.set(seconds)
        await alarm.wait()
        assert time.monotonic() - began_s >= seconds


async def test_a_loop_that_calls_too_early_does_not_ring_it(alarm: Alarm) -> None:
    alarm.set(LATER_S)
    alarm._ring()
    waiting = asyncio.create_task(alarm.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    alarm.set(0)
    await asyncio.wait_for(waiting, 10)


async def test_it_rings_for_a_moment_that_passed_while_nobody_waited(alarm: Alarm) -> None:
    alarm.set(0)
    await asyncio.sleep(0.01)
    await asyncio.wait_for(alarm.wait(), 10)


async def test_once_it_rang_it_has_to_be_set_again(alarm: Alarm) -> None:
    alarm.set(0)
    await alarm.wait()
    waiting = asyncio.create_task(alarm.wait())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    alarm.set(0)
    await asyncio.wait_for(waiting, 10)


async def test_who_gives_up_leaves_no_moment_behind(alarm: Alarm) -> None:
    alarm.set(LATER_S)
    waiting = asyncio.create_task(alarm.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert alarm._timer is None
