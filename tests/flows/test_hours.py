"""Sending hours, limits and `finish`, with receiver and poller at work: which steps wait, are skipped, or go on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from engine import campaign_file
from engine.administration import campaigns
from engine.administration.campaigns import Publishing
from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import Snapshot
from engine.core.change import Change
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import Window
from storage.redis import keys
from storage.redis.chat_states import unpack
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import Sign
from storage.redis.timers import Timers
from tests.flows.house import BOT, CAMPAIGN, PATIENCE_S, House, open_house
from tests.packed_states import pack

DAY_MINUTES, MINUTE_MS, HOUR_MS = 1440, 60_000, 3_600_000
PERSON = 41


@pytest.fixture
async def house(redis_url: str, database_url: str) -> AsyncIterator[House]:
    async with open_house(redis_url, database_url) as opened:
        yield opened


async def publish(house: House, how: Publishing | None = None, **settings: Any) -> Snapshot:
    """The usual campaign with other settings."""
    least, change = house.settings.min_threshold_ms, Change("test", await server_now_ms(house.redis))
    draft = replace(campaign_file.read(CAMPAIGN, "campaign.yaml", least), zone="UTC", **settings)
    await campaigns.import_draft(house.pool, BOT, draft, least, change)
    await campaigns.publish(house.pool, BOT, least, change, how or Publishing())
    return draft


async def later(house: House, mode: sending_hours.Mode = "wait") -> Window:
    """A window that opens in three hours and stays open for two."""
    minute = (await server_now_ms(house.redis) // MINUTE_MS + 180) % DAY_MINUTES
    return Window(minute, (minute + 120) % DAY_MINUTES, mode=mode)


async def test_a_step_outside_the_window_waits_for_its_turn_after_the_opening(house: House) -> None:
    hours = await later(house)
    await publish(house, window=hours)
    person = await house.someone()
    waiting = await house.delivery(person, "one", "scheduled")
    opening = sending_hours.opens(hours, waiting["anchor_at"], "UTC")
    assert waiting["due_at"] == opening + sending_hours.spread_ms(hours, person)
    assert await house.told(person) == []


async def test_a_step_whose_window_has_closed_is_deferred_once(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "three", "scheduled")
    hours = await later(house)
    await publish(house, Publishing(mode="keep"), window=hours)
    rows = await house.wait_for(
        "SELECT * FROM recovery_deliveries WHERE chat_id = $1 AND block_key = 'three' AND deferrals = 1", 1, person
    )
    opening = sending_hours.opens(hours, await server_now_ms(house.redis), "UTC")
    assert rows[0]["due_at"] == opening + sending_hours.spread_ms(hours, person)
    assert (rows[0]["status"], rows[0]["attempts"]) == ("scheduled", 0)
    assert await house.told(person) == ["first", "second"]


async def test_a_window_that_drops_skips_the_steps(house: House) -> None:
    await publish(house, window=await later(house, "drop"))
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    for block in ("one", "three"):
        assert (await house.delivery(person, block, "skipped"))["reason"] == "window_closed"
    assert await house.told(person) == []


async def test_a_person_at_the_daily_limit_gets_no_further_step(house: House) -> None:
    await publish(house, limits=Limits(per_day=1))
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert (await house.delivery(person, "three", "skipped"))["reason"] == "cap"
    assert await house.told(person) == ["first", "second"]


async def test_a_step_over_the_limit_waits_until_there_is_room(house: House) -> None:
    await publish(house, limits=Limits(per_day=1), lateness_ms=24 * HOUR_MS)
    person = await house.someone()
    deferred = "SELECT * FROM recovery_deliveries WHERE chat_id = $1 AND block_key = 'three' AND deferrals = 1"
    (three,) = await house.wait_for(deferred, 1, person)
    two = await house.delivery(person, "two", "sent")
    assert (three["status"], three["due_at"]) == ("scheduled", two["sent_at"] + 24 * HOUR_MS)
    await days_pass(house, person, 1)
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["first", "second", "third"]


async def test_a_sequence_that_would_have_been_over_for_two_days_ends(house: House) -> None:
    await house.publish(CAMPAIGN.replace(b"schedule: 2s", b"schedule: 1h"))
    person = await house.someone()
    await house.delivery(person, "three", "scheduled")
    await days_pass(house, person, 3)
    assert await house.ended(person) == ["expired"]
    assert (await house.delivery(person, "three", "cancelled"))["reason"] == "expired"
    assert await house.told(person) == ["first", "second"]


async def test_a_step_that_never_fits_is_skipped_and_admins_are_told(house: House) -> None:
    await publish(house, limits=Limits(per_day=1), lateness_ms=24 * HOUR_MS)
    person = await house.someone()
    put_off = "SELECT * FROM recovery_deliveries WHERE chat_id = $1 AND block_key = 'three' AND deferrals = 1"
    await house.wait_for(put_off, 1, person)
    await house.pool.execute("UPDATE recovery_deliveries SET deferrals = 5 WHERE chat_id = $1", person)
    await falls_due(house, person, 24 * HOUR_MS)
    assert (await house.delivery(person, "three", "skipped"))["reason"] == "never_fits"
    (told,) = await house.wait_for("SELECT kind, subject FROM incidents", 1)
    assert tuple(told) == ("block_never_fits", "version 2, later/three")


async def days_pass(house: House, person: int, days: int) -> None:
    """Move everything that a person was sent, and waits for, this many days back."""
    ago_ms = days * 24 * HOUR_MS
    await house.pool.execute(
        "UPDATE recovery_deliveries SET sent_at = sent_at - $2 WHERE chat_id = $1", *(person, ago_ms)
    )
    await falls_due(house, person, ago_ms)


async def falls_due(house: House, person: int, earlier_ms: int) -> None:
    """Make the delivery that a person waits for due earlier."""
    at = keys.of_bot(await house.pool.fetchval("SELECT id FROM bots"))
    waiting = "SELECT due_at FROM recovery_deliveries WHERE chat_id = $1 AND status = 'scheduled'"
    due_ms = await house.pool.fetchval(waiting, person)
    async with asyncio.timeout(PATIENCE_S):
        while await house.redis.zscore(at.timers, str(person)) != due_ms:  # noqa: ASYNC110 - Redis is the signal
            await asyncio.sleep(0.05)
    await house.pool.execute(
        "UPDATE recovery_deliveries SET due_at = due_at - $2 WHERE chat_id = $1", *(person, earlier_ms)
    )
    state = unpack(str(await house.redis.hget(at.state, str(person))))
    await house.redis.hset(at.state, str(person), pack(state._replace(due_ms=due_ms - earlier_ms)))
    await house.redis.zadd(at.timers, {str(person): due_ms - earlier_ms})


@pytest.mark.parametrize("limits", [Limits(again_after_ms=HOUR_MS), Limits(per_month=1)])
async def test_a_sequence_does_not_begin_again_too_soon_or_too_often(house: House, limits: Limits) -> None:
    await publish(house, limits=limits)
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    await house.people.write(BOT, person, "back")
    other = await house.someone()
    assert await house.ended(other) == ["completed"]
    assert await house.pool.fetchval("SELECT count(*) FROM recovery_episodes WHERE chat_id = $1", person) == 1
    assert len(await house.told(person)) == 3


async def test_begun_sequences_finish_while_no_new_one_begins(house: House) -> None:
    person = await house.someone()
    await house.delivery(person, "three", "scheduled")
    await campaigns.finish(house.pool, BOT, Change("test", await server_now_ms(house.redis)))
    late = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert len(await house.told(person)) == 3
    assert await house.pool.fetchval("SELECT count(*) FROM recovery_episodes WHERE chat_id = $1", late) == 0


async def test_a_longer_threshold_applies_to_armed_silences(house: House) -> None:
    await publish(house, threshold_ms=HOUR_MS)
    bot_id = await house.pool.fetchval("SELECT id FROM bots")
    armed = await Timers(house.redis).touch(bot_id, [Sign(PERSON, 0)], 500)
    async with asyncio.timeout(PATIENCE_S):
        while (await due_ms(house, bot_id)) < armed.now_ms + HOUR_MS:  # noqa: ASYNC110 - Redis is the signal
            await asyncio.sleep(0.05)
    assert await due_ms(house, bot_id) == armed.now_ms + HOUR_MS
    assert await house.pool.fetchval("SELECT count(*) FROM recovery_episodes") == 0


async def due_ms(house: House, bot_id: int) -> int:
    score = await house.redis.zscore(keys.of_bot(bot_id).timers, str(PERSON))
    return int(score or 0)
