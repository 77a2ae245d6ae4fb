"""All lanes of a poller follow what is read about their bots."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from engine.core.delivery.lane_state import LaneState
from engine.poller import lane as lanes
from engine.poller import rebuild
from engine.poller.dispatch import Dispatch
from engine.poller.lanes import Lanes
from engine.poller.served_bots import Doubt, ServedBots
from engine.poller.shard import Shard
from engine.telegram.sender import Sender
from storage.postgres.pool import Pool
from storage.redis.server_clock import server_now_ms
from tests.poller.yard import BOT, LONG_AGO_MS, Yard

SHUT: dict[str, Callable[[Yard], None]] = {
    "an emergency stop": lambda yard: yard.pages.show(LaneState.SHUT),
    "a doubt": lambda yard: yard.pages.show(LaneState.OPEN, doubt=Doubt(LONG_AGO_MS, None)),
    "clocks that differ": lambda yard: setattr(yard.pages, "clocks_apart", True),
    "a PostgreSQL out of reach": lambda yard: setattr(yard.pages, "out_of_reach", True),
    "another poller": lambda yard: setattr(yard.right, "epoch", None),
}


def _rests(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[float]:
    """How long each lane means to sleep after its turns; a shut one does for very long."""
    monkeypatch.setattr(lanes, "SHUT_SLEEP_S", 1_000.0)
    rests: asyncio.Queue[float] = asyncio.Queue()
    rest = lanes.Lane._rest

    async def noted(lane: lanes.Lane, turn: lanes.LaneTurn | None) -> None:
        rests.put_nowait(turn.sleep_s if turn else -1)
        await rest(lane, turn)

    monkeypatch.setattr(lanes.Lane, "_rest", noted)
    return rests


def _lanes(yard: Yard) -> Lanes:
    return Lanes(
        cast("Shard", yard.right),
        cast("ServedBots", yard.pages),
        cast("Dispatch", yard.journeys),
        yard.timers,
        yard.clock,
    )


@pytest.mark.parametrize("shut", SHUT.values(), ids=SHUT)
async def test_a_lane_that_opens_goes_on_at_once(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, shut: Callable[[Yard], None]
) -> None:
    rests = _rests(monkeypatch)
    await yard.arm(1)
    yard.clock.hear(await server_now_ms(yard.client))
    poller = _lanes(yard)
    poller.match()
    await asyncio.wait_for(rests.get(), 10)
    shut(yard)
    poller._running[BOT][0]._alarm.set(0.0)
    while await asyncio.wait_for(rests.get(), 10) != lanes.SHUT_SLEEP_S:
        pass
    yard.pages.clocks_apart = yard.pages.out_of_reach = False
    yard.right.epoch = 1
    yard.pages.show(LaneState.OPEN)
    poller.match()
    assert await asyncio.wait_for(rests.get(), 10) < lanes.SHUT_SLEEP_S
    yard.journeys.go.set()
    await poller.stop()
    await poller.finish()


async def test_a_lane_goes_on_at_once_when_its_timers_are_whole_again(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, pool: Pool
) -> None:
    monkeypatch.setattr(rebuild, "_REPEATED_WITHIN_S", 0.0)
    rests = _rests(monkeypatch)
    yard.clock.hear(await server_now_ms(yard.client))
    yard.pages.bots = {BOT: yard.pages.bots[BOT]._replace(activated_at_ms=LONG_AGO_MS)}
    poller = _lanes(yard)
    poller.match()
    while not yard.right.losses:
        await asyncio.wait_for(rests.get(), 10)
    poller.mend(pool, yard.client, cast("Sender", None))
    assert await asyncio.wait_for(rests.get(), 10) < lanes.SHUT_SLEEP_S
    assert not poller._running[BOT][0].lost.is_set()
    await poller.stop()
    await poller.finish()


async def test_a_lane_that_has_not_begun_is_not_woken(yard: Yard) -> None:
    """Its first turn would be followed by another one at once."""
    yard.lane.look_if_opened()
    assert yard.lane._alarm._at_s is None
