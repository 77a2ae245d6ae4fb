"""Report, on a real PostgreSQL: what is recorded, planned and refused."""

from contextlib import suppress
from itertools import product
from typing import Any

import pytest

from engine.core.delivery.state_machine import SETTLED, TRANSITIONS
from engine.core.errors import UnreachableError
from storage.postgres.deliveries.report import Aftermath, Report, Reported, report_outcomes
from storage.postgres.pool import Pool
from tests.storage.postgres.deliveries.one_chat import (
    BOT,
    NOW,
    ONE,
    SILENCE,
    TWO,
    begin,
    claim,
    come_back,
    ended,
    report,
    row,
    sending,
)

STATUSES = sorted({"scheduled", "sending", *SETTLED})
EPISODE = """
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
VALUES (7, $1, 1800000000000, 1, 0)
"""
DELIVERY = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    attempts, campaign_version, due_at)
VALUES (7, $1, 1800000000000, 'hello', 'one', 0, $2, 10, 1, 1, 0)
"""


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


async def test_the_last_delivery_completes_the_episode(pool: Pool) -> None:
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
async def test_a_fact_is_recorded_whoever_reports_it(pool: Pool, status: str) -> None:
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


@pytest.mark.parametrize("spent", [True, False])
async def test_a_wish_that_is_repeated_counts_no_attempt_again(pool: Pool, *, spent: bool) -> None:
    """The answer to the first report was lost."""
    await sending(pool)
    what: dict[str, Any] = {"status": "scheduled", "due_ms": NOW + 7, "spent": spent}
    told = [await report(pool, **what) for _ in range(3)]
    assert told == [Reported("scheduled", None, None, crossed=False)] * 3
    assert (await row(pool))["attempts"] == int(spent)


async def test_a_deferral_that_is_repeated_counts_once_and_the_next_one_again(pool: Pool) -> None:
    await begin(pool)
    await claim(pool, wish=False)
    for due_ms in (NOW + 7, NOW + 7, NOW + 9):
        await report(pool, status="scheduled", due_ms=due_ms, deferred=True)
    assert (await row(pool))["deferrals"] == 2


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


async def test_a_poller_that_lost_the_row_neither_plans_nor_ends(pool: Pool) -> None:
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


async def test_the_database_refuses_what_is_not_a_transition(pool: Pool) -> None:
    await begin(pool)
    with pytest.raises(UnreachableError, match="does not go from scheduled to nonsense"):
        await report(pool, status="nonsense")


async def test_a_report_changes_a_status_only_as_the_table_of_transitions_says(pool: Pool) -> None:
    """Every status is reported for every status, as a fact and as a wish: what the table lacks changes nothing."""
    changed = set()
    for chat, (before, after, fact) in enumerate(product(STATUSES, STATUSES, (True, False))):
        await pool.execute(EPISODE, chat)
        await pool.execute(DELIVERY, chat, before)
        with suppress(UnreachableError):
            await report_outcomes(pool, [Report(BOT, chat, ONE, 10, status=after, fact=fact)], NOW)
        found = await pool.fetchval("SELECT status FROM recovery_deliveries WHERE chat_id = $1", chat)
        if found != before:
            changed.add((before, found))
    assert changed <= {(before, after) for (before, _), after in TRANSITIONS.items()}
    assert {after for before, after in changed if before == "sending"} == {
        *("sent", "failed", "unknown"),
        *("scheduled", "cancelled"),
    }
    assert {(before, after) for before, after in changed if before in SETTLED} == {
        ("unknown", "sent"),
        ("unknown", "failed"),
    }
