"""All lanes of a poller follow what is read about their bots."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from engine.core.delivery.lane_state import LaneState
from engine.poller import lane as lanes
from engine.poller.dispatch import Dispatch
from engine.poller.lanes import Lanes
from engine.poller.served_bots import Doubt, ServedBots
from engine.poller.shard import Shard
from storage.redis.server_clock import server_now_ms
from tests.poller.yard import BOT, LONG_AGO_MS, Yard

SHUT: dict[str, Callable[[Yard], None]] = {
    "an emergency stop": lambda yard: yard.pages.show(LaneState.SHUT),
    "a doubt": lambda yard: yard.pages.show(LaneState.OPEN, doubt=Doubt(LONG_AGO_MS, None)),
    "clocks that differ": lambda yard: setattr(yard.pages, "clocks_apart", True),
    "another poller": lambda yard: setattr(yard.right, "epoch", None),
}


@pytest.mark.parametrize("shut", SHUT.values(), ids=SHUT)
async def test_a_lane_that_opens_goes_on_at_once(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, shut: Callable[[Yard], None]
) -> None:
    monkeypatch.setattr(lanes, "SHUT_SLEEP_S", 1_000.0)
    rests: asyncio.Queue[float] = asyncio.Queue()
    rest = lanes.Lane._rest

    async def noted(lane: lanes.Lane, turn: lanes.LaneTurn | None) -> None:
        rests.put_nowait(turn.sleep_s if turn else -1)
        await rest(lane, turn)

    monkeypatch.setattr(lanes.Lane, "_rest", noted)
    await yard.arm(1)
    yard.clock.hear(await server_now_ms(yard.client))
    poller = Lanes(
        cast("Shard", yard.right),
        cast("ServedBots", yard.pages),
        cast("Dispatch", yard.journeys),
        yard.timers,
        yard.clock,
    )
    poller.match()
    await asyncio.wait_for(rests.get(), 10)
    shut(yard)
    poller._running[BOT][0]._alarm.set(0.0)
    while await asyncio.wait_for(rests.get(), 10) != lanes.SHUT_SLEEP_S:
        pass
    yard.pages.clocks_apart, yard.right.epoch = False, 1
    yard.pages.show(LaneState.OPEN)
    poller.match()
    assert await asyncio.wait_for(rests.get(), 10) < lanes.SHUT_SLEEP_S
    yard.journeys.go.set()
    await poller.stop()
    await poller.finish()
