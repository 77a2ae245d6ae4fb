"""A lane survives every failure, and keeps the leases of what is in flight."""

import asyncio
import contextlib
from typing import Any

import pytest

from engine.core.errors import UnreachableError
from engine.poller import lane as lanes
from storage.redis.keys import of_bot
from storage.redis.timer_values import ClaimCode
from tests.poller.yard import BOT, LONG_AGO_MS, Yard


@pytest.mark.parametrize("failure", [UnreachableError("gone"), RuntimeError("a bug")])
async def test_one_chats_failure_does_not_end_the_lane(yard: Yard, failure: Exception) -> None:
    await yard.arm(2)
    yard.journeys.fails = failure
    await yard.turn_after(0)
    assert (await yard.turn_after(1)).claimed == 2
    await yard.lane.finish()
    assert (await yard.turn_after(1)).code is ClaimCode.CLAIMED


@pytest.mark.parametrize("failure", [UnreachableError("gone"), RuntimeError("a bug")])
async def test_a_failed_turn_does_not_end_the_loop(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    turns: asyncio.Queue[int] = asyncio.Queue()

    async def fails(*_: Any) -> None:
        turns.put_nowait(1)
        raise failure

    monkeypatch.setattr(yard.timers, "claim", fails)
    monkeypatch.setattr(lanes, "SHUT_SLEEP_S", 0.0)
    yard.now_s += 1
    loop = asyncio.create_task(yard.lane.run())
    yard.lane._bucket_of(yard.pages.bots[BOT], 1)
    yard.now_s += 100
    for _ in range(3):
        await asyncio.wait_for(turns.get(), 10)
    loop.cancel()


async def test_leases_are_renewed_while_work_is_in_flight(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: asyncio.Queue[int] = asyncio.Queue()
    extend = yard.timers.extend

    async def extends(bot_id: int, tickets: Any, lease_ms: int) -> Any:
        fences = await extend(bot_id, tickets, lease_ms)
        renewed.put_nowait(len(fences))
        return fences

    monkeypatch.setattr(yard.timers, "extend", extends)
    monkeypatch.setattr(lanes, "RENEWAL_S", 0.01)
    await yard.arm(2)
    await yard.turn_after(0)
    await yard.turn_after(1)
    finishing = asyncio.create_task(yard.lane.finish())
    assert await asyncio.wait_for(renewed.get(), 10) == 2
    yard.journeys.go.set()
    await finishing


async def test_a_chat_claimed_again_while_its_journey_is_under_way_may_be_on_the_wire(yard: Yard) -> None:
    """A failover may have dropped the mark, and the lease with it."""
    await yard.arm(1)
    await yard.turn_after(0)
    await yard.turn_after(1)
    await yard.client.zadd(of_bot(BOT).timers, {"1": LONG_AGO_MS})
    await yard.turn_after(1)
    assert [held.marked for held in yard.journeys.served] == [False, True]


async def test_a_swallowed_cancellation_still_ends_the_loop(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def swallows(*_: Any) -> Any:
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise UnreachableError("gone")

    monkeypatch.setattr(yard.timers, "claim", swallows)
    yard.lane._bucket_of(yard.pages.bots[BOT], 1)
    yard.now_s += 100
    loop = asyncio.create_task(yard.lane.run())
    await asked.wait()
    loop.cancel()
    await asyncio.wait_for(asyncio.wait([loop]), 10)
    assert loop.done()
