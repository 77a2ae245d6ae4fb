"""The limits for one person, as begin and claim keep them on a real PostgreSQL; owners get nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.core.campaign.frequency_caps import DAY_MS, WEEK_MS, Limits
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts
from engine.core.delivery.state_machine import Found
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.report import Report, Reported, report_outcomes
from storage.postgres.pool import Pool, open_pool

BOT, CHAT = 7, 41
SILENCE = 1_800_000_000_000
NOW = SILENCE + 60_000
HOUR_MS = DAY_MS // 24


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', '', 0)")
        await pool.execute(
            "INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms)"
            " VALUES (7, 'live', 60000, 'UTC', 60000)"
        )
        yield pool


def at(silence_ms: int) -> Cursor:
    return Cursor(silence_ms, 0, "hello", "one", 0)


async def begins(pool: Pool, silence_ms: int = SILENCE, limits: Limits | None = None) -> bool:
    """Whether an episode begins, a minute after the last sign of life."""
    now_ms = silence_ms + 60_000
    wanted = Beginning(BOT, CHAT, silence_ms, 10, 1, "hello", "one", now_ms, limits=limits or Limits())
    return (await begin_episodes(pool, [wanted], now_ms))[0].fresh


async def claim(pool: Pool, silence_ms: int = SILENCE, now_ms: int = 0, **other: Any) -> Found:
    wanted = Claiming(BOT, CHAT, at(silence_ms), 10, 1, marked=False, wish=True, skip_paid=True)
    return (await claim_deliveries(pool, [wanted._replace(**other)], now_ms or silence_ms + 60_000))[0]


async def report(pool: Pool, status: str, silence_ms: int = SILENCE, *, fact: bool = True) -> Reported:
    what = Report(BOT, CHAT, at(silence_ms), 10, status, fact=fact, end="completed")
    return (await report_outcomes(pool, [what], silence_ms + 60_000))[0]


@pytest.mark.parametrize("limits", [Limits(again_after_ms=DAY_MS), Limits(per_month=1)])
@pytest.mark.parametrize(
    ("status", "again"),
    [("would_send", True), ("skipped", True), ("cancelled", True), ("sent", False), ("unknown", False)],
)
async def test_only_an_episode_of_which_something_was_sent_delays_the_next(
    pool: Pool, limits: Limits, status: str, *, again: bool
) -> None:
    assert await begins(pool, limits=limits)
    if not again:
        await claim(pool)
    assert (await report(pool, status, fact=not again)).status == status
    assert await begins(pool, NOW + 1_000, limits) is again


async def test_a_month_brings_no_more_episodes_than_its_limit(pool: Pool) -> None:
    begun = []
    for silence_ms in range(SILENCE, SILENCE + 4_000_000, 1_000_000):
        begun.append(await begins(pool, silence_ms, Limits(per_month=2)))
        if begun[-1]:
            await claim(pool, silence_ms)
            await report(pool, "sent", silence_ms)
    assert begun == [True, True, False, False]


@pytest.mark.parametrize(
    ("limits", "room_ms"),
    [
        (Limits(), None),
        (Limits(per_day=2), NOW - 5 * HOUR_MS + DAY_MS),
        (Limits(per_day=1), NOW - 2 * HOUR_MS + DAY_MS),
        (Limits(per_day=3), None),
        (Limits(per_week=3), NOW - 3 * DAY_MS + WEEK_MS),
        (Limits(per_week=4), None),
        (Limits(per_day=2, per_week=3), NOW - 3 * DAY_MS + WEEK_MS),
        (Limits(per_day=2, per_week=4), NOW - 5 * HOUR_MS + DAY_MS),
    ],
)
async def test_a_person_at_a_limit_waits_until_there_is_room(pool: Pool, limits: Limits, room_ms: int | None) -> None:
    await _were_sent(pool, NOW - 8 * DAY_MS, NOW - 3 * DAY_MS, NOW - 5 * HOUR_MS, NOW - 2 * HOUR_MS)
    await begins(pool)
    found = await claim(pool, limits=limits)
    assert (found.facts.room_ms, found.status) == (room_ms, "scheduled" if room_ms else "sending")
    if room_ms:
        assert (await claim(pool, limits=limits, now_ms=room_ms - 1)).facts.room_ms == room_ms
        assert (await claim(pool, limits=limits, now_ms=room_ms)).status == "sending"


async def _were_sent(pool: Pool, *steps_ms: int) -> None:
    """Steps of two blocks each, the last of them at these moments."""
    await pool.executemany(
        "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,"
        " campaign_version, due_at, sent_at)"
        " SELECT 7, 41, $1::bigint, 'hello', 'b' || n, n, 'sent', 1, 1, $1, $1 - n * 60000"
        " FROM generate_series(0, 1) n",
        [(at_ms,) for at_ms in steps_ms],
    )


async def test_an_owner_of_every_bot_is_an_admin_of_each(pool: Pool) -> None:
    await begins(pool)
    found = await claim(pool, owner=True)
    assert (found.status, found.attempts, found.facts) == ("scheduled", 0, Facts(admin=True))
