"""A poller that stood still for a while, or whose Redis failed over, does not act on what it knew before."""

import pytest

from engine.poller.batched_io import Doors
from engine.poller.send_block import PASS_HOLDS_MS
from engine.runtime.server_clock import ServerClock
from storage.redis.keys import of_bot
from storage.redis.timer_values import Fence, LastLook
from tests.flows.conftest import house
from tests.flows.house import House

__all__ = ["house"]


async def test_a_stall_between_the_last_look_and_the_request_prevents_the_send(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = Doors.pass_, 0

    async def looks_and_stands_still(doors: Doors, bot_id: int, last: LastLook) -> Fence:
        nonlocal looks
        fence, looks = await look(doors, bot_id, last), looks + 1
        if looks == 1:
            clock: ServerClock = doors._clock
            clock.hear(clock.now_ms() + PASS_HOLDS_MS + 1_000)
        return fence

    monkeypatch.setattr(Doors, "pass_", looks_and_stands_still)
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]
    assert looks == 4
    assert (await house.delivery(person, "one", "sent"))["attempts"] == 1


async def test_what_waits_while_redis_fails_over_leaves_once_after_the_rebuild(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, fences = Doors.pass_, list[Fence]()

    async def looks_after_a_failover(doors: Doors, bot_id: int, last: LastLook) -> Fence:
        if not fences:
            await house.redis.hset(of_bot(bot_id).bot, "run", "the run before")
        fences.append(await look(doors, bot_id, last))
        return fences[-1]

    monkeypatch.setattr(Doors, "pass_", looks_after_a_failover)
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]
    assert fences == [Fence.STALE] + [Fence.CURRENT] * 3
    assert (await house.delivery(person, "one", "sent"))["attempts"] == 1
