"""The state machine: what a due timer means for everything that can be found, and what follows what."""

from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Album, Item, Text
from engine.core.delivery import state_machine
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
    NextDelivery,
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
        runs=frozenset({"hello"}),
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
    assert state_machine.decide(found(**what), HERE, verdict, NOW) == decision


@pytest.mark.parametrize("status", sorted(state_machine.SETTLED))
def test_settled_blocks_are_skipped_wherever_the_copy_stands(status: str) -> None:
    assert state_machine.decide(found(status=status, cursor=ELSEWHERE, taken=False), HERE, Pass(), NOW) == Advance()


def test_a_new_ordinal_or_pin_is_the_same_place() -> None:
    moved = HERE._replace(ordinal=7, pinned=9)
    assert state_machine.decide(found(taken=False, cursor=moved), HERE, Pass(), NOW) == Rest(
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


# --- what begins


def test_an_episode_begins_with_the_first_block_of_the_first_step() -> None:
    assert state_machine.first(USUAL, EPISODE, NOW, CHAT) == NextDelivery(
        Cursor(EPISODE, 0, "hello", "one", 0), NOW, urgent=False, anchor_ms=NOW
    )


def test_inactive_steps_do_not_begin_an_episode() -> None:
    newest = campaign(step("hello", "one", active=False), step("later", "-three", "five", delay_ms=10))
    assert state_machine.first(newest, EPISODE, NOW, CHAT) == NextDelivery(
        Cursor(EPISODE, 0, "later", "five", 0), NOW + 10, urgent=False, anchor_ms=NOW
    )


def test_the_first_blocks_delay_counts() -> None:
    slow = Step("hello", After(10), (Block("one", Text("x"), delay_ms=5),))
    begun = state_machine.first(campaign(slow), EPISODE, NOW, CHAT)
    assert begun
    assert begun.due_ms == NOW + 15


@pytest.mark.parametrize("newest", [campaign(), campaign(step("hello")), campaign(step("hello", "-one"))])
def test_a_campaign_with_nothing_to_send_begins_nothing(newest: Snapshot) -> None:
    assert state_machine.first(newest, EPISODE, NOW, CHAT) is None


# --- what follows


def follow(
    newest: Snapshot, at: Cursor, runs: str = "", pinned: Snapshot = USUAL, *, step_over: bool = False
) -> tuple[str, str, int] | None:
    """The step, block and wait of what follows."""
    place = found(cursor=at, runs=frozenset([at.step, *runs.split()]))
    coming = state_machine.following(newest, pinned, place, NOW, CHAT, step_over=step_over)
    return coming and (coming.cursor.step, coming.cursor.block, coming.due_ms - NOW)


def at(step_key: str, block: str) -> Cursor:
    return Cursor(EPISODE, 0, step_key, block, 1)


def test_the_next_block_of_a_step_comes_a_second_later_first_of_all() -> None:
    coming = state_machine.following(USUAL, USUAL, found(), NOW, CHAT, step_over=False)
    assert coming == NextDelivery(Cursor(EPISODE, 1, "hello", "two", 1), NOW + 1_000, urgent=True)


def test_a_blocks_own_delay_is_waited() -> None:
    slow = campaign(Step("hello", After(0), (Block("one", Text("x")), Block("two", Text("y"), delay_ms=7_000))))
    assert follow(slow, at("hello", "one"), pinned=slow) == ("hello", "two", 7_000)


@pytest.mark.parametrize(("delay_ms", "announced_ms"), [(0, 0), (1, 1), (5_000, 5_000), (5_001, 5_000)])
def test_a_block_is_announced_for_its_delay_and_five_seconds_at_most(delay_ms: int, announced_ms: int) -> None:
    slow = Step("hello", After(20_000), (Block("one", Text("x"), delay_ms), Block("two", Text("y"), delay_ms)))
    opened = state_machine.first(campaign(slow), EPISODE, NOW, CHAT)
    coming = state_machine.following(campaign(slow), campaign(slow), found(), NOW, CHAT, step_over=False)
    assert opened
    assert coming
    assert [next_.due_ms - next_.wake_ms for next_ in (opened, coming)] == [announced_ms, announced_ms]


def test_after_an_album_the_chat_rests_once_for_each_file() -> None:
    album = Block("one", Album(tuple(Item("photo", name) for name in "abc")))
    step_of_two = campaign(Step("hello", After(0), (album, Block("two", Text("y")))), LAST)
    assert follow(step_of_two, at("hello", "one"), pinned=step_of_two) == ("hello", "two", 3_000)
    alone = campaign(Step("hello", After(0), (album,)), LAST)
    assert follow(alone, at("hello", "one"), pinned=alone) == ("last", "four", 3_000)


def test_a_step_that_was_not_sent_lets_the_next_one_follow_at_once() -> None:
    assert follow(USUAL, at("later", "three"), "hello", step_over=True) == ("last", "four", 0)


def test_a_block_that_is_off_is_left_out() -> None:
    pinned = campaign(step("hello", "one", "-two", "five"))
    assert follow(USUAL, at("hello", "one"), pinned=pinned) == ("hello", "five", 1_000)


def test_after_the_last_block_comes_the_next_step_at_its_schedule() -> None:
    coming = state_machine.following(USUAL, USUAL, found(cursor=at("hello", "two")), NOW, CHAT, step_over=False)
    assert coming == NextDelivery(Cursor(EPISODE, 1, "later", "three", 0), NOW + 5_000, urgent=False, anchor_ms=NOW)


def test_a_skipped_step_takes_its_other_blocks_with_it() -> None:
    assert follow(USUAL, at("hello", "one"), step_over=True) == ("later", "three", 5_000)


def test_after_the_last_step_comes_nothing() -> None:
    assert follow(USUAL, at("last", "four")) is None


def test_a_begun_step_finishes_as_it_began() -> None:
    newest = campaign(step("hello", "one"), LATER)
    assert follow(newest, at("hello", "one")) == ("hello", "two", 1_000)


def test_a_deleted_step_is_followed_by_what_came_after_it() -> None:
    assert follow(campaign(HELLO, LAST), at("later", "three"), "hello") == ("last", "four", 1_000)


def test_a_deleted_first_step_is_followed_by_the_new_first() -> None:
    assert follow(campaign(LATER, LAST), at("hello", "two")) == ("later", "three", 5_000)


def test_a_step_that_was_switched_off_is_passed_by() -> None:
    newest = campaign(HELLO, step("later", "three", active=False), LAST)
    assert follow(newest, at("hello", "two")) == ("last", "four", 1_000)


def test_a_step_inserted_after_this_one_comes_next() -> None:
    newest = campaign(HELLO, step("new", "six", delay_ms=1_050), LATER)
    assert follow(newest, at("hello", "two")) == ("new", "six", 1_050)


def test_a_step_inserted_before_this_one_is_not_gone_back_to() -> None:
    newest = campaign(step("new", "six"), HELLO, LATER)
    assert follow(newest, at("hello", "two")) == ("later", "three", 5_000)


def test_after_a_reordering_never_the_same_step_twice() -> None:
    newest = campaign(LATER, HELLO, LAST)
    assert follow(newest, at("later", "three"), "hello") == ("last", "four", 1_000)


def test_after_a_reordering_never_backwards() -> None:
    newest = campaign(LAST, LATER, HELLO)
    assert follow(newest, at("later", "three"), "hello") is None


def test_everything_deleted_ends_it() -> None:
    assert follow(campaign(), at("hello", "two")) is None


@pytest.mark.parametrize(
    ("key", "block", "text"), [("hello", "two", "two"), ("hello", "none", None), ("none", "two", None)]
)
def test_a_block_is_found_by_its_keys(key: str, block: str, text: str | None) -> None:
    one = state_machine.find_block(state_machine.find_step(USUAL, key), block)
    assert (one and one.content) == (text and Text(text))


# --- windows and limits of what a step may do

EVENING = Snapshot("UTC", (HELLO, LATER), window=Window(9 * 60, 21 * 60))
DAY, MINUTE = 86_400_000, 60_000
CLOSES = 21 * 60 * MINUTE


def turn(at_ms: int, *, begun: bool, newest: Snapshot = EVENING) -> int | None:
    return state_machine.plan(newest, HELLO, HELLO.blocks[0], at_ms, at_ms, CHAT, begun=begun).window_opens_ms


def test_a_step_is_due_in_its_turn_after_the_window_opens() -> None:
    night = DAY + CLOSES + MINUTE
    coming = state_machine.first(EVENING, EPISODE, night, CHAT)
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
    coming = state_machine.first(drops, EPISODE, night, CHAT)
    assert coming
    assert coming.due_ms == night
    assert state_machine.plan(drops, HELLO, HELLO.blocks[0], night, night, CHAT, begun=False).outside_drops
