"""Claim, on a real PostgreSQL: what is taken, and what is found instead."""

import asyncio

import pytest

from engine.core.delivery.gate import Facts
from storage.postgres import chats
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import begin_episodes
from storage.postgres.deliveries.claim import claim_deliveries
from storage.postgres.pool import Pool, open_pool
from tests.storage.postgres.deliveries.one_chat import (
    BOT,
    CHAT,
    NOW,
    ONE,
    SILENCE,
    TWO,
    begin,
    beginning,
    claim,
    claiming,
    come_back,
    report,
    row,
    sending,
)


async def test_a_due_delivery_is_taken(pool: Pool) -> None:
    await begin(pool)
    found = await claim(pool, 12)
    assert (found.taken, found.status, found.attempts, found.ended) == (True, "sending", 1, None)
    assert (found.cursor, found.due_ms, found.runs, found.facts) == (
        ONE._replace(pinned=1),
        NOW,
        ("hello",),
        Facts(),
    )
    taken = await row(pool)
    assert (taken["version"], taken["claimed_at"], taken["campaign_version"]) == (12, NOW, 1)


async def test_an_older_version_takes_nothing(pool: Pool) -> None:
    await begin(pool, version=10)
    found = await claim(pool, 9)
    assert (found.taken, found.status) == (False, "scheduled")


async def test_a_newer_claim_takes_what_never_passed(pool: Pool) -> None:
    await sending(pool, 10)
    found = await claim(pool, 11)
    assert (found.taken, found.status, found.attempts) == (True, "sending", 2)


@pytest.mark.parametrize("version", [9, 10])
async def test_nobody_else_takes_what_is_being_sent(pool: Pool, version: int) -> None:
    await sending(pool, 10)
    found = await claim(pool, version)
    assert (found.taken, found.status) == (False, "sending")


async def test_what_had_passed_is_unknown(pool: Pool) -> None:
    await sending(pool, 10)
    found = await claim(pool, 11, marked=True)
    assert (found.taken, found.status) == (True, "unknown")


async def test_what_had_passed_keeps_the_campaign_version_that_was_sent(pool: Pool) -> None:
    await sending(pool, 10)
    found = await claim(pool, 11, now_ms=NOW + 9, marked=True, campaign_version=2)
    assert (found.cursor.pinned, found.attempts, (await row(pool))["claimed_at"]) == (1, 1, NOW)


async def test_a_mark_says_nothing_of_a_delivery_that_is_scheduled(pool: Pool) -> None:
    await begin(pool)
    assert (await claim(pool, marked=True)).status == "sending"


async def test_without_a_wish_it_is_held_but_not_sent(pool: Pool) -> None:
    await begin(pool)
    found = await claim(pool, 12, wish=False)
    assert (found.taken, found.status, found.attempts) == (True, "scheduled", 0)
    assert (await row(pool))["version"] == 12


async def test_what_is_not_due_is_not_sent(pool: Pool) -> None:
    await begin(pool)
    assert (await claim(pool, now_ms=NOW - 1)).status == "scheduled"


async def test_a_silence_that_nobody_began_is_not_there(pool: Pool) -> None:
    found = await claim(pool)
    assert (found.exists, found.taken, found.status, found.due_ms) == (False, False, "", 0)


async def test_an_old_copy_gets_the_cursor_of_the_episode(pool: Pool) -> None:
    await sending(pool)
    await report(pool, status="sent", fact=True, next=TWO, next_due_ms=NOW + 1_000)
    found = await claim(pool, 12)
    assert (found.taken, found.status, found.cursor, found.due_ms) == (False, "scheduled", TWO, NOW + 1_000)


_FACTS = {
    "UPDATE bots SET status = 'paused'": Facts(bot_status="paused"),
    "UPDATE bots SET status = 'suspended'": Facts(bot_status="suspended"),
    "UPDATE bots SET status = 'removed'": Facts(bot_status="removed"),
    "UPDATE recovery_campaigns SET state = 'paused'": Facts(campaign_state="paused"),
    "UPDATE recovery_campaigns SET state = 'stopped'": Facts(campaign_state="stopped"),
    "UPDATE recovery_campaigns SET state = 'draft'": Facts(campaign_state="draft"),
    "UPDATE recovery_campaigns SET state = 'shadow'": Facts(campaign_state="shadow"),
    f"UPDATE recovery_campaigns SET activated_at = {SILENCE + 1}": Facts(campaign_state="stopped"),
    "INSERT INTO switches VALUES ('emergency_stop', true, 0)": Facts(emergency_stop=True),
    "UPDATE chats SET last_active = last_active + 1000": Facts(returned=True),
    "UPDATE chats SET unreachable_since = 0": Facts(reachable=False),
    "UPDATE chats SET opted_out_at = 0": Facts(opted_out=True),
    "INSERT INTO payments VALUES (7, 'x', 41, 1, 'BRL', 'paid', 0)": Facts(paid=True),
    "INSERT INTO admins VALUES (41, 'Ana', 'pt', 0); INSERT INTO bot_admins VALUES (7, 41, 'owner')": Facts(admin=True),
}


@pytest.mark.parametrize("change", _FACTS)
async def test_a_fact_that_forbids_a_send_is_returned_and_nothing_is_sent(pool: Pool, change: str) -> None:
    await begin(pool)
    await pool.execute(change)
    found = await claim(pool)
    assert (found.taken, found.status, found.attempts, found.facts) == (True, "scheduled", 0, _FACTS[change])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE recovery_campaigns SET state = 'finishing'",
        f"UPDATE recovery_campaigns SET activated_at = {SILENCE}",
        "UPDATE chats SET last_active = last_active + 999",
        "INSERT INTO payments VALUES (7, 'x', 41, 1, 'BRL', 'refunded', 0)",
        "INSERT INTO payments VALUES (7, 'x', 42, 1, 'BRL', 'paid', 0)",
        "INSERT INTO payments VALUES (8, 'x', 41, 1, 'BRL', 'paid', 0)",
        "INSERT INTO switches VALUES ('emergency_stop', false, 0)",
    ],
)
async def test_a_fact_that_does_not_forbid_a_send_lets_it_go(pool: Pool, change: str) -> None:
    await begin(pool)
    await pool.execute(change)
    assert (await claim(pool)).status == "sending"


async def test_a_customer_is_taken_if_the_campaign_does_not_skip_customers(pool: Pool) -> None:
    await begin(pool)
    await pool.execute("INSERT INTO payments VALUES (7, 'x', 41, 1, 'BRL', 'paid', 0)")
    assert (await claim(pool, skip_paid=False)).status == "sending"


async def test_nothing_of_an_ended_episode_is_taken(pool: Pool) -> None:
    await begin(pool)
    await come_back(pool, SILENCE + 5_000)
    found = await claim(pool)
    assert (found.taken, found.status, found.ended) == (False, "cancelled", "returned")


async def test_what_is_being_sent_in_an_ended_episode_is_left_to_the_reaper(pool: Pool) -> None:
    await sending(pool)
    await come_back(pool, SILENCE + 5_000)
    found = await claim(pool, 11)
    assert (found.taken, found.status) == (False, "sending")


async def test_what_had_passed_when_its_episode_ended_is_unknown(pool: Pool) -> None:
    await sending(pool)
    await come_back(pool, SILENCE + 5_000)
    assert (await claim(pool, 11, marked=True)).status == "unknown"


async def test_two_pollers_that_claim_the_same_deliveries_never_both_take_one(pool: Pool, database_url: str) -> None:
    many = range(100, 140)
    await begin_episodes(pool, [beginning(chat=chat) for chat in many], NOW)
    wanted = [claiming(chat_id=chat) for chat in many]
    async with await open_pool(database_url) as other:
        both = await asyncio.gather(
            claim_deliveries(pool, wanted, NOW), claim_deliveries(other, list(reversed(wanted)), NOW)
        )
    here, there = ([found.taken for found in answer] for answer in both)
    assert [one + two for one, two in zip(here, reversed(there), strict=True)] == [1] * len(many)
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries WHERE attempts = 1") == len(many)


async def test_a_claim_waits_for_a_flush_and_sees_what_it_did(pool: Pool) -> None:
    await begin(pool)
    async with pool.acquire() as connection, connection.transaction():
        await chats.flush(connection, [Life(BOT, CHAT, SILENCE + 5_000)], NOW)
        waiting = asyncio.create_task(claim(pool))
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        assert not done
    assert (await waiting).ended == "returned"
