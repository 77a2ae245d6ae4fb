"""What goes wrong with one chat stops no other, and a Redis that cannot write holds everything until it can again."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from engine.poller import dispatch, lane, send_block
from engine.poller.journey import Journey
from storage.redis.client import Redis
from tests.flows.conftest import house
from tests.flows.house import PATIENCE_S, House
from tests.storage.redis.test_refusals import unable_to_save

__all__ = ["house"]


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chat whose journey failed comes back when its lease is over."""
    monkeypatch.setattr(lane, "LEASE_MS", 300)
    monkeypatch.setattr(lane, "RENEWAL_S", 0.1)


def _poison(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, times: int) -> tuple[set[int], Counter[int]]:
    """A step of the journey fails this often for each of these chats; returns them, and how often it did."""
    step, chats, failures = getattr(module, name), set[int](), Counter[int]()

    async def fails(journey: Journey, *what: Any) -> Any:
        chat = journey.held.chat_id
        if chat in chats and failures[chat] < times:
            failures[chat] += 1
            raise RuntimeError("poison")
        return await step(journey, *what)

    monkeypatch.setattr(module, name, fails)
    return chats, failures


async def test_one_chats_poison_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be rendered fails after five attempts, and the next block goes out. A decision is tried again."""
    unrendered, renderings = _poison(monkeypatch, send_block, "_rendered", 5)
    undecided, decisions = _poison(monkeypatch, dispatch, "_go_on", 3)
    first, second, other = [await house.someone() for _ in range(3)]
    unrendered.add(first)
    undecided.add(second)
    for person in (other, second, first):
        assert await house.ended(person) == ["completed"]
    assert await house.told(other) == await house.told(second) == ["first", "second", "third"]
    assert await house.told(first) == ["second", "third"]
    assert (await house.delivery(first, "one", "failed"))["reason"] == "internal_error"
    assert (renderings[first], decisions[second]) == (5, 3)


async def test_a_full_disk_of_redis_holds_everything_until_it_can_write_again(house: House, whole_redis: Redis) -> None:
    person = await house.someone()
    await house.delivery(person, "one", "sent")
    async with unable_to_save(whole_redis):
        refused = await _refusals(whole_redis)
        late = await house.someone()
        async with asyncio.timeout(PATIENCE_S):
            while await _refusals(whole_redis) < refused + 5:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.02)
        assert await house.told(late) == []
    for one in (person, late):
        assert await house.ended(one) == ["completed"]
        assert await house.told(one) == ["first", "second", "third"]


async def _refusals(redis: Redis) -> int:
    return int((await redis.info("errorstats")).get("errorstat_MISCONF", {}).get("count", 0))
