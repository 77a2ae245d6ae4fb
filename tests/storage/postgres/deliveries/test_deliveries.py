"""The statements that carry the engine, one by one, on a real PostgreSQL: what they take, record, plan and refuse."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts
from engine.core.delivery.state_machine import Found
from engine.core.errors import UnreachableError
from storage.postgres import chats
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, Begun, begin_episodes
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.reap import Stuck, find_stuck, reap_deliveries
from storage.postgres.deliveries.report import Aftermath, Report, Reported, report_outcomes
from storage.postgres.pool import Pool, open_pool

BOT, CHAT = 7, 41
SILENCE = 1_800_000_000_000
NOW = SILENCE + 60_000
ONE = Cursor(SILENCE, 0, "hello", "one", 0)
TWO = Cursor(SILENCE, 1, "hello", "two", 1)

_LIVE = """
INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', '', 0);
INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms) VALUES (7, 'live', 60000, 'UTC', 60000);
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute(_LIVE)
        yield pool


def beginning(episode: int = SILENCE, version: int = 10, chat: int = CHAT) -> Beginning:
    return Beginning(BOT, chat, episode, version, 1, "hello", "one", NOW)


async def begin(pool: Pool, episode: int = SILENCE, version: int = 10) -> Begun:
    (begun,) = await begin_episodes(pool, [beginning(episode, version)], NOW)
    return begun


def claiming(version: int = 10, cursor: Cursor = ONE, **other: Any) -> Claiming:
    usual = Claiming(BOT, CHAT, cursor, version, 1, marked=False, wish=True, skip_paid=True)
    return usual._replace(**other)


async def claim(pool: Pool, version: int = 10, cursor: Cursor = ONE, now_ms: int = NOW, **other: Any) -> Found:
    (found,) = await claim_deliveries(pool, [claiming(version, cursor, **other)], now_ms)
    return found


async def report(pool: Pool, version: int = 10, cursor: Cursor = ONE, now_ms: int = NOW, **what: Any) -> Reported:
    (reported,) = await report_outcomes(pool, [Report(BOT, CHAT, cursor, version, **what)], now_ms)
    return reported


async def come_back(pool: Pool, at_ms: int) -> None:
    async with pool.acquire() as connection:
        await chats.flush(connection, [Life(BOT, CHAT, at_ms)], at_ms)


async def row(pool: Pool, cursor: Cursor = ONE) -> asyncpg.Record:
    found = await pool.fetchrow(
        "SELECT * FROM recovery_deliveries WHERE (bot_id, chat_id, episode_id, step_key, block_key)"
        " = ($1, $2, $3, $4, $5)",
        *(BOT, CHAT, cursor.episode_id, cursor.step, cursor.block),
    )
    assert found
    return found


async def ended(pool: Pool, episode: int = SILENCE) -> str | None:
    reason: str | None = await pool.fetchval("SELECT reason FROM recovery_episodes WHERE episode_id = $1", episode)
    return reason


async def sending(pool: Pool, version: int = 10) -> None:
    await begin(pool)
    assert (await claim(pool, version)).status == "sending"


# --- begin


async def test_a_silence_begins_with_its_first_delivery(pool: Pool) -> None:
    assert await begin(pool) == Begun(fresh=True, episode_id=SILENCE, last_active_ms=SILENCE)
    planned = await row(pool)
    assert (planned["status"], planned["version"], planned["due_at"], planned["ordinal"]) == ("scheduled", 10, NOW, 0)


async def test_the_same_silence_begins_once(pool: Pool) -> None:
    await begin(pool)
    assert await begin(pool, version=11) == Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE, cursor=ONE)
    assert (await row(pool))["version"] == 10


@pytest.mark.parametrize(
    ("state", "begins"),
    [("live", True), ("shadow", True), ("paused", True), ("finishing", False), ("stopped", False), ("draft", False)],
)
async def test_nothing_begins_once_the_campaign_was_stopped(pool: Pool, state: str, *, begins: bool) -> None:
    await pool.execute("UPDATE recovery_campaigns SET state = $1", state)
    assert (await begin(pool)).fresh is begins


async def test_a_silence_that_was_begun_before_says_where_it_stands(pool: Pool) -> None:
    await sending(pool)
    await report(pool, status="sent", fact=True, next=TWO, next_due_ms=NOW)
    assert (await begin(pool, version=11)).cursor == TWO


async def test_who_only_asks_begins_nothing_and_learns_what_is_there(pool: Pool) -> None:
    only_asks = beginning(version=11)._replace(begins=False, step="", block="")
    assert await begin_episodes(pool, [only_asks], NOW) == [
        Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE)
    ]
    await begin(pool)
    assert await begin_episodes(pool, [only_asks], NOW) == [
        Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE, cursor=ONE)
    ]


async def test_a_silence_judged_within_the_same_second_is_the_same(pool: Pool) -> None:
    await begin(pool)
    assert (await begin(pool, SILENCE + 999)).episode_id == SILENCE
    assert await pool.fetchval("SELECT count(*) FROM recovery_episodes") == 1


async def test_a_silence_that_was_broken_does_not_begin(pool: Pool) -> None:
    await come_back(pool, SILENCE + 5_000)
    assert await begin(pool) == Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE + 5_000)
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries") == 0


async def test_a_new_silence_closes_the_older_one(pool: Pool) -> None:
    await begin(pool)
    assert (await begin(pool, SILENCE + 1_000)).fresh
    assert await ended(pool) == "returned"
    assert tuple(await row(pool))[6:8] == ("cancelled", "returned")


async def test_a_new_silence_leaves_what_is_on_the_wire(pool: Pool) -> None:
    await sending(pool)
    await begin(pool, SILENCE + 1_000)
    assert (await row(pool))["status"] == "sending"


@pytest.mark.parametrize(("after_ms", "crossed"), [(-1, False), (0, False), (1, True)])
async def test_a_new_silence_marks_what_was_sent_after_its_sign(pool: Pool, after_ms: int, *, crossed: bool) -> None:
    await sending(pool)
    back_ms = NOW + 5_000
    await report(pool, now_ms=back_ms + after_ms, status="sent", fact=True, next=TWO, next_due_ms=NOW + 9_000)
    await begin(pool, back_ms)
    assert ((await row(pool))["crossed"], (await row(pool, TWO))["status"]) == (crossed, "cancelled")


async def test_an_older_silence_does_not_begin_beside_a_newer_one(pool: Pool) -> None:
    await begin(pool, SILENCE + 1_000)
    begun = await begin(pool)
    assert (begun.fresh, begun.episode_id) == (False, SILENCE + 1_000)


async def test_a_new_silence_undoes_an_old_unreachable(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await chats.mark_unreachable(connection, [(BOT, CHAT)], SILENCE - 5_000)
    await begin(pool)
    assert (await claim(pool)).facts.reachable


async def test_nothing_begins_for_somebody_who_cannot_be_reached(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await chats.mark_unreachable(connection, [(BOT, CHAT)], SILENCE + 5_000)
    assert not (await begin(pool)).fresh
    assert not (await claim(pool)).exists


async def test_nothing_begins_for_somebody_who_opted_out(pool: Pool) -> None:
    await pool.execute("INSERT INTO chats (bot_id, chat_id, last_active, opted_out_at) VALUES (7, 41, 0, 1)")
    assert not (await begin(pool)).fresh
    assert not (await claim(pool)).exists


# --- claim


async def test_a_due_delivery_is_taken(pool: Pool) -> None:
    await begin(pool)
    found = await claim(pool, 12)
    assert (found.taken, found.status, found.attempts, found.ended) == (True, "sending", 1, None)
    assert (found.cursor, found.due_ms, found.runs, found.facts) == (
        ONE._replace(pinned=1),
        NOW,
        frozenset({"hello"}),
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


async def test_an_old_copy_is_told_where_the_episode_stands(pool: Pool) -> None:
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
async def test_a_fact_that_speaks_against_it_is_told_and_nothing_is_sent(pool: Pool, change: str) -> None:
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
async def test_a_fact_that_does_not_speak_against_it_lets_it_go(pool: Pool, change: str) -> None:
    await begin(pool)
    await pool.execute(change)
    assert (await claim(pool)).status == "sending"


async def test_who_paid_is_taken_when_the_campaign_does_not_mind(pool: Pool) -> None:
    await begin(pool)
    await pool.execute("INSERT INTO payments VALUES (7, 'x', 41, 1, 'BRL', 'paid', 0)")
    assert (await claim(pool, skip_paid=False)).status == "sending"


async def test_nothing_is_taken_of_an_ended_episode(pool: Pool) -> None:
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


# --- report


async def test_a_send_is_recorded_with_what_follows(pool: Pool) -> None:
    await sending(pool)
    due_ms, after = NOW + 1_000, Aftermath(5_000, "delete")
    reported = await report(
        pool, status="sent", fact=True, message_ids=(99, 100), aftermath=after, next=TWO, next_due_ms=due_ms
    )
    assert reported == Reported("sent", None, None, crossed=False)
    sent, planned = await row(pool), await row(pool, TWO)
    assert (sent["status"], sent["sent_at"], sent["message_ids"]) == ("sent", NOW, [99, 100])
    assert (sent["delete_at"], sent["on_return"], sent["on_payment"]) == (NOW + 5_000, "delete", None)
    assert (planned["status"], planned["due_at"], planned["ordinal"], planned["version"]) == (
        "scheduled",
        NOW + 1_000,
        1,
        10,
    )


async def test_the_last_one_completes_the_episode(pool: Pool) -> None:
    await sending(pool)
    assert (await report(pool, status="sent", fact=True, end="completed")).ended == "completed"
    assert await ended(pool) == "completed"


async def test_a_report_that_is_repeated_changes_nothing(pool: Pool) -> None:
    await sending(pool)
    what: dict[str, Any] = {"status": "sent", "fact": True, "next": TWO, "next_due_ms": NOW + 1_000}
    await report(pool, **what)
    assert await report(pool, now_ms=NOW + 9, **what) == Reported(None, None, None, crossed=False)
    assert (await row(pool))["sent_at"] == NOW


@pytest.mark.parametrize("status", ["sent", "failed", "unknown"])
async def test_a_fact_is_recorded_from_whoever_brings_it(pool: Pool, status: str) -> None:
    await sending(pool, 10)
    await claim(pool, 11)
    assert (await report(pool, 10, status=status, fact=True, reason="refused")).status == status


async def test_a_late_acceptance_corrects_an_unknown(pool: Pool) -> None:
    await sending(pool, 10)
    await claim(pool, 11, marked=True)
    await report(pool, 11, next=TWO, next_due_ms=NOW)
    await report(pool, 10, status="sent", fact=True, next=TWO, next_due_ms=NOW + 5)
    assert ((await row(pool))["status"], (await row(pool, TWO))["due_at"]) == ("sent", NOW)


@pytest.mark.parametrize("status", ["scheduled", "skipped"])
async def test_a_wish_is_granted_to_the_holder_only(pool: Pool, status: str) -> None:
    await begin(pool)
    await claim(pool, 10, wish=False)
    await claim(pool, 11, wish=False)
    assert (await report(pool, 10, status=status, reason="late")).status is None
    assert (await report(pool, 11, status=status, reason="late")).status == status


async def test_what_did_not_leave_is_scheduled_again_and_gives_its_attempt_back(pool: Pool) -> None:
    await sending(pool)
    assert (await report(pool, status="scheduled", due_ms=NOW + 7, spent=False)).status == "scheduled"
    back = await row(pool)
    assert (back["due_at"], back["attempts"], back["campaign_version"]) == (NOW + 7, 0, 0)


async def test_a_spent_attempt_stays_spent(pool: Pool) -> None:
    await sending(pool)
    await report(pool, status="scheduled", due_ms=NOW + 7)
    assert (await row(pool))["attempts"] == 1


async def test_what_did_not_leave_before_the_person_came_back_is_cancelled(pool: Pool) -> None:
    await sending(pool)
    await come_back(pool, SILENCE + 5_000)
    reported = await report(pool, status="scheduled", spent=False)
    assert reported == Reported("cancelled", "returned", "returned", crossed=False)


async def test_a_send_that_crossed_a_touch_says_so_and_plans_nothing(pool: Pool) -> None:
    await sending(pool)
    await come_back(pool, SILENCE + 5_000)
    reported = await report(pool, status="sent", fact=True, next=TWO, next_due_ms=NOW)
    assert reported == Reported("sent", None, "returned", crossed=True)
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries") == 1


async def test_a_skipped_delivery_has_its_reason_and_its_follower(pool: Pool) -> None:
    await begin(pool)
    await claim(pool, wish=False)
    await report(pool, status="skipped", reason="late", next=TWO, next_due_ms=NOW)
    assert ((await row(pool))["reason"], (await row(pool, TWO))["status"]) == ("late", "scheduled")


async def test_who_lost_the_row_neither_plans_nor_ends(pool: Pool) -> None:
    await sending(pool, 10)
    await claim(pool, 11)
    await report(pool, 10, status="skipped", reason="late", next=TWO, next_due_ms=NOW)
    await report(pool, 10, status="cancelled", reason="paid", end="paid")
    assert await ended(pool) is None
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries") == 1


async def test_a_late_end_does_not_close_over_what_is_scheduled(pool: Pool) -> None:
    await sending(pool, 10)
    await claim(pool, 11, marked=True)
    await report(pool, 11, next=TWO, next_due_ms=NOW)
    await report(pool, 10, status="sent", fact=True, end="completed")
    assert await ended(pool) is None


async def test_the_database_refuses_what_is_no_transition(pool: Pool) -> None:
    await begin(pool)
    with pytest.raises(UnreachableError, match="does not go from scheduled to nonsense"):
        await report(pool, status="nonsense")


async def test_what_nobody_heard_of_is_stuck_and_given_up(pool: Pool) -> None:
    await sending(pool)
    assert await find_stuck(pool, NOW) == []
    (stuck,) = await find_stuck(pool, NOW + 1)
    assert stuck == Stuck(BOT, CHAT, SILENCE, "hello", "one", 10)
    assert await reap_deliveries(pool, [stuck]) == 1
    assert (await row(pool))["status"] == "unknown"


async def test_what_was_claimed_anew_meanwhile_is_not_given_up(pool: Pool) -> None:
    await sending(pool, 10)
    (stuck,) = await find_stuck(pool, NOW + 1)
    await claim(pool, 11)
    assert await reap_deliveries(pool, [stuck]) == 0
    assert (await row(pool))["status"] == "sending"


async def test_an_answer_after_it_was_given_up_is_still_recorded(pool: Pool) -> None:
    await sending(pool)
    await reap_deliveries(pool, await find_stuck(pool, NOW + 1))
    assert (await report(pool, status="sent", fact=True, end="completed")).status == "sent"
