"""The state machine: what a due timer means for everything that can be found."""

from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery import sequence, state_machine
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import EndEpisode, Facts, Pass, Plan, Reason, SkipStep, Verdict, Wait
from engine.core.delivery.state_machine import (
    Advance,
    Announce,
    Close,
    Decision,
    Defer,
    Drop,
    Follow,
    Forget,
    Found,
    Rest,
    Send,
    Withhold,
)
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After

EPISODE, NOW, CHAT = 1_000_000, 2_000_000, 41
HERE = Cursor(EPISODE, 0, "hello", "one", 1)
ELSEWHERE = Cursor(EPISODE, 1, "hello", "two", 1)


def found(**other: Any) -> Found:
    usual = Found(
        episode_id=EPISODE,
        ended=None,
        exists=True,
        taken=True,
        status="scheduled",
        cursor=HERE,
        due_ms=NOW,
        attempts=0,
        runs=("hello",),
        facts=Facts(),
    )
    return usual._replace(**other)


def step(key: str, *blocks: str, delay_ms: int = 0, active: bool = True) -> Step:
    """Blocks that begin with a minus are switched off."""
    made = tuple(Block(name.lstrip("-"), Text(name), active=not name.startswith("-")) for name in blocks)
    return Step(key, After(delay_ms), made, active)


def campaign(*steps: Step) -> Snapshot:
    return Snapshot("UTC", steps)


HELLO, LATER, LAST = step("hello", "one", "two"), step("later", "three", delay_ms=5_000), step("last", "four")
USUAL = campaign(HELLO, LATER, LAST)


# --- what a due timer means


@pytest.mark.parametrize(
    ("what", "verdict", "decision"),
    [
        ({"exists": False}, Pass(), Forget()),
        ({"ended": "returned"}, Pass(), Forget()),
        ({"ended": "returned", "status": "sending"}, Pass(), Forget()),
        ({"status": "sending"}, Pass(), Send()),
        ({"status": "sent", "taken": False}, Pass(), Advance()),
        ({"status": "skipped", "taken": False}, Pass(), Advance()),
        ({"status": "failed", "taken": False}, Pass(), Advance()),
        ({"status": "unknown"}, Pass(), Advance()),
        ({"status": "unknown", "taken": False}, Pass(), Advance()),
        ({"status": "cancelled", "taken": False}, Pass(), Advance()),
        ({"status": "would_send", "taken": False}, Pass(), Advance()),
        ({"taken": False, "cursor": ELSEWHERE}, Pass(), Follow()),
        ({"taken": False, "cursor": ELSEWHERE, "status": "sending"}, Pass(), Follow()),
        ({"taken": False}, Pass(), Rest(Reason.VERSION_CHANGED, None)),
        ({"taken": False, "status": "sending"}, Pass(), Rest(Reason.VERSION_CHANGED, None)),
        ({"due_ms": NOW + 5_000}, Pass(), Announce()),
        ({"due_ms": NOW + 5_001}, Pass(), Follow()),
        ({"due_ms": NOW + 1}, EndEpisode(Reason.PAID), Follow()),
        ({}, EndEpisode(Reason.PAID), Close(Reason.PAID)),
        ({}, SkipStep(Reason.LATE), Drop(Reason.LATE)),
        ({}, SkipStep(Reason.SHADOW), Withhold()),
        ({"due_ms": NOW + 1}, SkipStep(Reason.SHADOW), Follow()),
        ({"ended": "stopped"}, SkipStep(Reason.SHADOW), Forget()),
        ({}, Wait(Reason.BOT_HELD), Rest(Reason.BOT_HELD, None)),
        ({}, Wait(Reason.WINDOW_CLOSED, 5), Defer(5)),
        ({"deferrals": 4}, Wait(Reason.WINDOW_CLOSED, 5), Defer(5)),
        ({"deferrals": 5}, Wait(Reason.WINDOW_CLOSED, 5), Drop(Reason.NEVER_FITS)),
        ({"deferrals": 4}, Wait(Reason.CAP, 5), Defer(5)),
        ({"deferrals": 5}, Wait(Reason.CAP, 5), Drop(Reason.NEVER_FITS)),
        ({}, Pass(), Rest(Reason.VERSION_CHANGED, None)),
    ],
)
def test_each_find_leads_to_its_decision(what: dict[str, Any], verdict: Verdict, decision: Decision) -> None:
    assert state_machine.decide(found(**what), HERE, verdict, NOW, held_due_ms=NOW) == decision


@pytest.mark.parametrize("reason", [Reason.LATE, Reason.CAP, Reason.STEP_OFF])
def test_what_was_judged_by_an_old_copy_of_the_due_is_looked_at_again(reason: Reason) -> None:
    late = found(due_ms=NOW - 10)
    for held_due_ms, decision in ((NOW - 11, Follow()), (NOW - 10, Drop(reason)), (NOW - 9, Drop(reason))):
        assert state_machine.decide(late, HERE, SkipStep(reason), NOW, held_due_ms) == decision
    sending = late._replace(status="sending")
    assert state_machine.decide(sending, HERE, Pass(), NOW, held_due_ms=NOW - 11) == Send()


@pytest.mark.parametrize("status", sorted(state_machine.SETTLED))
def test_settled_blocks_are_skipped_wherever_the_copy_stands(status: str) -> None:
    assert (
        state_machine.decide(found(status=status, cursor=ELSEWHERE, taken=False), HERE, Pass(), NOW, NOW) == Advance()
    )


def test_a_new_ordinal_or_pin_is_the_same_place() -> None:
    moved = HERE._replace(ordinal=7, pinned=9)
    assert state_machine.decide(found(taken=False, cursor=moved), HERE, Pass(), NOW, NOW) == Rest(
        Reason.VERSION_CHANGED, None
    )


# --- the table of transitions


def test_the_transitions_are_the_table_of_the_design() -> None:
    pairs = {(before, after) for (before, _), after in state_machine.TRANSITIONS.items()}
    assert pairs == {
        ("scheduled", "scheduled"),
        ("scheduled", "sending"),
        ("scheduled", "skipped"),
        ("scheduled", "cancelled"),
        ("scheduled", "would_send"),
        ("sending", "sending"),
        ("sending", "sent"),
        ("sending", "failed"),
        ("sending", "scheduled"),
        ("sending", "cancelled"),
        ("sending", "unknown"),
        ("unknown", "sent"),
        ("unknown", "failed"),
    }


def test_only_an_unknown_outcome_ever_leaves_what_is_settled() -> None:
    assert {before for before, _ in state_machine.TRANSITIONS} & state_machine.SETTLED == {"unknown"}


# --- what the campaign says


@pytest.mark.parametrize(
    ("place", "block", "refusal"),
    [
        (HELLO, HELLO.blocks[0], None),
        (None, None, Reason.STEP_DELETED),
        (HELLO, None, Reason.STEP_DELETED),
        (step("hello", "one", active=False), Block("one", Text("x")), Reason.STEP_OFF),
        (step("hello", "-one"), Block("one", Text("x"), active=False), Reason.STEP_OFF),
    ],
)
def test_a_step_that_is_off_or_gone_is_refused(place: Step | None, block: Block | None, refusal: Reason | None) -> None:
    latest_ms = NOW + USUAL.lateness_ms
    wanted = Plan(skip_paid=True, step_refusal=refusal, latest_ms=latest_ms)
    assert state_machine.plan(USUAL, place, block, NOW, NOW, CHAT, begun=False) == wanted


@pytest.mark.parametrize(("behind_ms", "late"), [(0, False), (USUAL.lateness_ms, False), (USUAL.lateness_ms + 1, True)])
def test_late_is_more_than_the_campaign_allows(behind_ms: int, *, late: bool) -> None:
    assert state_machine.plan(USUAL, HELLO, HELLO.blocks[0], NOW - behind_ms, NOW, CHAT, begun=False).late is late


TWO_DAYS_MS = 2 * 86_400_000
SLOW = campaign(HELLO, step("later", "three", delay_ms=3 * 86_400_000))


@pytest.mark.parametrize(
    ("newest", "behind_ms", "expired"),
    [
        (USUAL, TWO_DAYS_MS, False),
        (USUAL, TWO_DAYS_MS + 5_000, False),
        (USUAL, TWO_DAYS_MS + 5_001, True),
        (SLOW, TWO_DAYS_MS + 3 * 86_400_000, False),
        (SLOW, TWO_DAYS_MS + 3 * 86_400_000 + 1, True),
        (replace(USUAL, lateness_ms=2 * TWO_DAYS_MS), 2 * TWO_DAYS_MS, False),
        (replace(USUAL, lateness_ms=2 * TWO_DAYS_MS), 2 * TWO_DAYS_MS + 1, True),
        (campaign(LATER), TWO_DAYS_MS + 5_000, False),
    ],
)
def test_an_episode_expires_when_all_of_it_would_have_been_over_for_two_days(
    newest: Snapshot, behind_ms: int, *, expired: bool
) -> None:
    planned = state_machine.plan(newest, HELLO, HELLO.blocks[0], NOW - behind_ms, NOW, CHAT, begun=False)
    assert planned.expired is expired


def test_a_step_is_as_late_as_what_comes_after_it_allows() -> None:
    behind = NOW - TWO_DAYS_MS - 1
    assert state_machine.plan(USUAL, LAST, LAST.blocks[0], behind, NOW, CHAT, begun=False).expired


# --- windows and limits of what a step may do

EVENING = Snapshot("UTC", (HELLO, LATER), window=Window(9 * 60, 21 * 60))
DAY, MINUTE = 86_400_000, 60_000
CLOSES = 21 * 60 * MINUTE


def turn(at_ms: int, *, begun: bool, newest: Snapshot = EVENING) -> int | None:
    return state_machine.plan(newest, HELLO, HELLO.blocks[0], at_ms, at_ms, CHAT, begun=begun).window_opens_ms


def test_a_step_is_due_in_its_turn_after_the_window_opens() -> None:
    night = DAY + CLOSES + MINUTE
    coming = sequence.first(EVENING, EPISODE, night, CHAT)
    assert coming
    assert coming.due_ms == 2 * DAY + 9 * 60 * MINUTE + sending_hours.spread_ms(Window(9 * 60, 21 * 60), CHAT)
    assert coming.anchor_ms == night


def test_a_step_begins_in_the_window_and_a_begun_one_has_a_quarter_of_an_hour() -> None:
    assert turn(DAY + CLOSES - 1, begun=False) is None
    assert turn(DAY + CLOSES, begun=False)
    assert turn(DAY + CLOSES + 15 * MINUTE - 1, begun=True) is None
    assert turn(DAY + CLOSES + 15 * MINUTE, begun=True)


def test_in_a_strict_window_a_begun_step_too_waits_for_the_opening() -> None:
    strict = replace(EVENING, window=Window(9 * 60, 21 * 60, mode="strict"))
    assert turn(DAY + CLOSES - 1, begun=True, newest=strict) is None
    assert turn(DAY + CLOSES, begun=True, newest=strict) == turn(DAY + CLOSES, begun=False)


def test_blocks_that_are_too_late_do_not_wait_for_the_window() -> None:
    night = DAY + CLOSES + MINUTE
    planned = state_machine.plan(EVENING, HELLO, HELLO.blocks[0], night - 7 * 3_600_000, night, CHAT, begun=False)
    assert (planned.late, planned.window_opens_ms) == (True, None)


def test_a_window_that_drops_leaves_the_due_where_it_is() -> None:
    night = DAY + CLOSES + MINUTE
    drops = replace(EVENING, window=Window(9 * 60, 21 * 60, mode="drop"))
    coming = sequence.first(drops, EPISODE, night, CHAT)
    assert coming
    assert coming.due_ms == night
    assert state_machine.plan(drops, HELLO, HELLO.blocks[0], night, night, CHAT, begun=False).outside_drops
