"""An admin's change takes effect through the notification, long before a process would read it again by itself."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.administration import campaigns
from engine.core.bot_identity import Speaker
from engine.core.change import Change
from engine.core.content.model import Content
from engine.core.delivery.lane_state import LaneState
from engine.poller import poller
from engine.poller.batched_io import Doors
from engine.poller.served_bots import ServedBots
from engine.receiver import feed_ownership, receiver
from storage.redis import keys, shards
from storage.redis.chat_states import unpack
from storage.redis.server_clock import server_now_ms
from tests.flows.house import BOT, CAMPAIGN, PATIENCE_S, House, open_house, trust_one_receiver

NEVER_S = 3_600.0


@pytest.fixture
async def house(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Once everything runs, no process reads the configuration again by itself."""
    trust_one_receiver(monkeypatch)
    monkeypatch.setattr(feed_ownership, "TTL_MS", int(NEVER_S * 1000))
    async with open_house(redis_url, database_url) as house:
        assert await house.ended(await house.someone()) == ["completed"]
        monkeypatch.setattr(poller, "TURN_S", NEVER_S)
        monkeypatch.setattr(receiver, "TURN_S", NEVER_S)
        yield house


async def change(house: House) -> Change:
    return Change("test", await server_now_ms(house.redis))


async def threshold_of(house: House, person: int) -> int:
    """The threshold with which the person's last sign of life was armed; -1 for none."""
    state = await house.redis.hget(keys.of_bot(await house.pool.fetchval("SELECT id FROM bots")).state, str(person))
    if state is None:
        return -1
    _, seen_ms, due_ms, _, _ = unpack(str(state))
    return due_ms - seen_ms


async def test_receivers_arm_by_the_published_version_until_the_campaign_stops(house: House) -> None:
    person = await house.someone()
    await house.publish(CAMPAIGN.replace(b"threshold: 1s", b"threshold: 7m"))
    async with asyncio.timeout(PATIENCE_S):
        while await threshold_of(house, person) != 7 * 60_000:
            await house.people.write(BOT, person, "hi")
            await asyncio.sleep(0.05)
    await campaigns.stop(house.pool, BOT, await change(house))
    async with asyncio.timeout(PATIENCE_S):
        while await threshold_of(house, person) != -1:
            await house.people.write(BOT, person, "hi")
            await asyncio.sleep(0.05)


async def test_pollers_send_the_version_just_published(house: House) -> None:
    await house.publish(CAMPAIGN.replace(b"text: first", b"text: changed"))
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["changed", "second", "third"]


async def test_pollers_hear_the_end_of_an_emergency_stop(house: House) -> None:
    await campaigns.stop_all(house.pool, await change(house))
    person = await house.someone()
    await campaigns.resume_all(house.pool, await change(house))
    assert await house.ended(person) == ["completed"]


async def test_the_number_of_shards_is_kept_for_a_redis_that_is_emptied(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "SWEEP_S", 0.0)
    monkeypatch.setattr(poller, "TURN_S", 0.05)
    for count in (3, 1):
        await shards.change(house.redis, count)
        await house.wait_for("SELECT FROM numbers WHERE name = 'shards' AND value = $1", 1, count)


async def test_nothing_is_sent_after_a_stop_between_claim_and_send(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, heard = asyncio.Event(), asyncio.Event()
    prepare, refresh = Doors.prepare, ServedBots.refresh

    async def wait_for_the_stop(doors: Doors, speaker: Speaker, content: Content) -> Any:
        claimed.set()
        await heard.wait()
        return await prepare(doors, speaker, content)

    async def hear(catalogue: ServedBots) -> None:
        await refresh(catalogue)
        if any(bot.state is LaneState.DRAINING for bot in catalogue.bots.values()):
            heard.set()

    monkeypatch.setattr(Doors, "prepare", wait_for_the_stop)
    monkeypatch.setattr(ServedBots, "refresh", hear)
    person = await house.someone()
    await claimed.wait()
    await campaigns.stop(house.pool, BOT, await change(house))
    assert (await house.delivery(person, "one", "cancelled"))["reason"] == "stopped"
    assert await house.told(person) == []
