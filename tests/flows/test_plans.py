"""People who wait while an admin edits, pauses and resumes, with receiver and poller at work on real servers.

The moments of the admin's changes are given, so that nobody waits for a night to pass.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from engine import campaign_file
from engine.administration import campaigns
from engine.administration.campaigns import Publishing
from engine.core.campaign.snapshot import Block, Step
from engine.core.change import Change
from engine.core.content.model import Text
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After, OnDay, Schedule
from storage.redis import keys
from storage.redis.server_clock import server_now_ms
from tests.flows.house import BOT, CAMPAIGN, PATIENCE_S, House, open_house
from tests.flows.test_hours import falls_due, later

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DUE = "SELECT due_at FROM recovery_deliveries WHERE chat_id = $1 AND step_key = $2 AND status = 'scheduled'"


@pytest.fixture
async def house(redis_url: str, database_url: str) -> AsyncIterator[House]:
    async with open_house(redis_url, database_url) as opened:
        yield opened


def step(key: str, schedule: Schedule) -> Step:
    return Step(key, schedule, (Block(f"{key}1", Text(key)),))


A, B, C, D = step("a", After(0)), step("b", After(0)), step("c", After(HOUR)), step("d", After(0))
OTHER = step("d", After(5))


async def publish(
    house: House, *steps: Step, at_ms: int, how: Publishing | None = None, window: Window | None = None
) -> None:
    """Publish these steps at that moment, and let the people who wait be planned again."""
    least, change = house.settings.min_threshold_ms, Change("test", at_ms)
    usual = campaign_file.read(CAMPAIGN, "campaign.yaml", least)
    draft = replace(usual, zone="UTC", steps=steps, window=window)
    await campaigns.import_draft(house.pool, BOT, draft, least, change)
    await campaigns.publish(house.pool, BOT, least, change, how or Publishing())
    await replanned(house)


async def pause(house: House, from_ms: int, until_ms: int) -> None:
    await campaigns.pause(house.pool, BOT, Change("test", from_ms))
    await campaigns.resume(house.pool, BOT, Change("test", until_ms))
    await replanned(house)


async def replanned(house: House) -> None:
    asked: int = await house.pool.fetchval("SELECT count(*) FROM recovery_replans")
    await house.wait_for("SELECT FROM recovery_replans WHERE done_at IS NOT NULL", asked)


async def waits_for(house: House, person: int, key: str) -> int:
    """When the person is sent this step, once both servers agree."""
    (row,) = await house.wait_for(DUE, 1, person, key)
    timers = keys.of_bot(await house.pool.fetchval("SELECT id FROM bots")).timers
    async with asyncio.timeout(PATIENCE_S):
        while await house.redis.zscore(timers, str(person)) != row["due_at"]:  # noqa: ASYNC110 - Redis is the signal
            await asyncio.sleep(0.05)
    due_ms: int = row["due_at"]
    return due_ms


async def test_after_a_deleted_step_the_rest_goes_out(house: House) -> None:
    await publish(house, A, B, C, D, at_ms=await server_now_ms(house.redis))
    person = await house.someone()
    await house.wait_for(DUE, 1, person, "c")
    await publish(house, B, D, A, at_ms=await server_now_ms(house.redis))
    await falls_due(house, person, HOUR)
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["a", "b", "d"]
    assert (await house.delivery(person, "c1", "skipped"))["reason"] == "step_deleted"


async def test_an_hour_moved_by_a_pause_stays_when_another_step_is_published(house: House) -> None:
    morning = step("b", OnDay(1, 9, 30))
    await publish(house, A, morning, C, D, at_ms=await server_now_ms(house.redis))
    person = await house.someone()
    due_ms = await waits_for(house, person, "b")
    await pause(house, due_ms - HOUR, due_ms + 3 * HOUR)
    assert await waits_for(house, person, "b") == due_ms + DAY
    await publish(house, A, morning, C, OTHER, at_ms=due_ms + 6 * HOUR)
    assert await waits_for(house, person, "b") == due_ms + DAY
    await publish(house, A, step("b", OnDay(1, 10, 30)), C, OTHER, at_ms=due_ms + 7 * HOUR)
    assert await waits_for(house, person, "b") == due_ms + DAY + HOUR


async def test_kept_hours_last_until_their_step_changes(house: House) -> None:
    await publish(house, A, C, D, at_ms=await server_now_ms(house.redis))
    person = await house.someone()
    due_ms = await waits_for(house, person, "c")
    slower = step("c", After(3 * HOUR))
    await publish(house, A, slower, D, at_ms=due_ms - 50 * MINUTE, how=Publishing(mode="keep"))
    assert await waits_for(house, person, "c") == due_ms
    await publish(house, A, slower, OTHER, at_ms=due_ms - 40 * MINUTE)
    assert await waits_for(house, person, "c") == due_ms
    await pause(house, due_ms - 30 * MINUTE, due_ms + 30 * MINUTE)
    assert await waits_for(house, person, "c") == due_ms + HOUR
    await publish(house, A, step("c", After(2 * HOUR)), OTHER, at_ms=due_ms + 30 * MINUTE)
    assert await waits_for(house, person, "c") == due_ms + 2 * HOUR


async def test_a_pause_while_the_window_is_shut_does_not_move_the_opening(house: House) -> None:
    hours, now_ms = await later(house), await server_now_ms(house.redis)
    await publish(house, A, C, D, at_ms=now_ms, window=hours)
    person = await house.someone()
    waiting = await house.delivery(person, "a1", "scheduled")
    turn_ms = sending_hours.opens(hours, waiting["anchor_at"], "UTC") + sending_hours.spread_ms(hours, person)
    await pause(house, waiting["anchor_at"] + MINUTE, waiting["anchor_at"] + HOUR)
    assert await waits_for(house, person, "a") == turn_ms
    await publish(house, A, C, OTHER, at_ms=waiting["anchor_at"] + HOUR, window=hours)
    assert await waits_for(house, person, "a") == turn_ms
