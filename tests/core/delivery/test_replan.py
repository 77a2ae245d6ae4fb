"""What becomes of those who wait when the campaign changes: each rule on its own, with exact moments."""

from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery import replan
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.replan import (
    Fate,
    Finish,
    Move,
    Published,
    Resumed,
    Stay,
    Versions,
    Waiting,
    fate,
    replans,
)
from engine.core.delivery.sequence import Anchor
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After, OnDay

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOW = 1_795_600_000_000
CHAT = 41
OURS = sending_hours.spread_over(CHAT, replan.SPREAD_MS)


def step(key: str, delay_ms: int, *, active: bool = True, text: str = "x") -> Step:
    return Step(key, After(delay_ms), (Block(f"{key}-1", Text(text)),), active)


A, B, C = step("a", 0), step("b", HOUR), step("c", 2 * HOUR)
MORNING = Step("b", OnDay(1, 9, 30), (Block("b-1", Text("x")),))
USUAL = Snapshot("UTC", (A, B, C))


def with_steps(*steps: Step, **other: Any) -> Snapshot:
    return replace(USUAL, steps=steps, **other)


def waiting(key: str = "b", anchor_ms: int | None = NOW - MINUTE, **other: Any) -> Waiting:
    """Somebody who has had A and waits for B."""
    cursor = Cursor(NOW - DAY, 1, key, f"{key}-1", 0)
    anchor = None if anchor_ms is None else Anchor(anchor_ms)
    return Waiting(CHAT, cursor, 5, NOW - MINUTE + HOUR, anchor, ("a",))._replace(**other)


def published(newest: Snapshot, who: Waiting | None = None, before: Snapshot = USUAL) -> Fate:
    return fate(Published(), Versions(newest, before), who or waiting(), NOW)


def kept(newest: Snapshot, who: Waiting) -> Fate:
    return fate(Published("keep", 7), Versions(newest, USUAL), who, NOW)


def resumed(change: Resumed, newest: Snapshot, who: Waiting, now_ms: int = NOW) -> Fate:
    return fate(change, Versions(newest), who, now_ms)


def moved(key: str, due_ms: int, anchor_ms: int = NOW - MINUTE, stood_ms: int = 0, resumed_ms: int = 0) -> Move:
    anchor = Anchor(anchor_ms, stood_ms, resumed_ms)
    return Move(Cursor(NOW - DAY, 1, key, f"{key}-1", 0), due_ms, due_ms, anchor)


# --- what moves anybody


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (USUAL, False),
        (with_steps(A, step("b", HOUR, text="other words"), C), False),
        (replace(USUAL, skip_paid=False), False),
        (replace(USUAL, threshold_ms=1), False),
        (with_steps(A, step("b", 1), C), True),
        (with_steps(A, C, B), True),
        (with_steps(A, C), True),
        (with_steps(A, step("b", HOUR, active=False), C), True),
        (replace(USUAL, zone="Europe/Berlin"), True),
        (replace(USUAL, window=Window(540, 1260)), True),
    ],
)
def test_hours_and_order_move_people_and_words_do_not(after: Snapshot, expected: bool) -> None:  # noqa: FBT001 - a table
    assert replans(USUAL, after) is expected


# --- the schedule


def test_the_due_is_computed_anew_from_its_anchor() -> None:
    assert published(with_steps(A, step("b", 3 * HOUR), C)) == moved("b", NOW - MINUTE + 3 * HOUR)


def test_dues_past_by_the_new_hour_are_spread_over_ten_minutes() -> None:
    assert published(with_steps(A, step("b", 30_000), C)) == moved("b", NOW + OURS)
    turns = {
        due.due_ms - NOW
        for chat in range(300)
        if isinstance(due := published(with_steps(A, step("b", 0), C), waiting(chat_id=chat)), Move)
    }
    assert len(turns) > 200
    assert min(turns) >= 0
    assert max(turns) < replan.SPREAD_MS


def test_dues_that_were_past_already_stay_as_late_as_they_were() -> None:
    late = waiting(anchor_ms=NOW - 2 * HOUR, due_ms=NOW - HOUR)
    assert published(USUAL, late) == Stay()
    assert published(USUAL, late, with_steps(A, C)) == moved("b", NOW - HOUR, NOW - 2 * HOUR)


def test_people_who_keep_their_hour_are_not_moved() -> None:
    assert kept(with_steps(A, step("b", 1), C), waiting()) == moved("b", waiting().due_ms)._replace(kept=7)
    assert kept(with_steps(A, B, step("c", 1)), waiting()) == Stay()


def test_people_who_keep_their_hour_get_the_steps_new_first_block() -> None:
    renewed = Step("b", After(1), (Block("b-2", Text("x")),))
    cursor, due_ms = waiting().cursor._replace(block="b-2"), waiting().due_ms
    assert kept(with_steps(A, renewed, C), waiting()) == Move(cursor, due_ms, due_ms, Anchor(NOW - MINUTE), 7)
    assert published(with_steps(A, renewed, C)) == Move(cursor, NOW + OURS, NOW + OURS, Anchor(NOW - MINUTE))


def test_without_an_anchor_nothing_can_be_computed() -> None:
    assert published(with_steps(A, step("b", 1), C), waiting(anchor_ms=None)) == Stay()


# --- deleted, off, inserted, moved


@pytest.mark.parametrize("newest", [with_steps(A, C), with_steps(A, step("b", HOUR, active=False), C), with_steps(A)])
def test_people_waiting_for_a_deleted_step_keep_the_slot(newest: Snapshot) -> None:
    assert published(newest) == Stay()


def test_a_step_put_before_is_next_while_its_hour_is_ahead() -> None:
    early = step("n", 30 * MINUTE)
    assert published(with_steps(A, early, B, C)) == moved("n", NOW - MINUTE + 30 * MINUTE)


def test_a_step_put_before_whose_hour_is_past_is_passed_over() -> None:
    assert published(with_steps(A, step("n", 30_000), B, C)) == Stay()


def test_a_step_put_behind_changes_nothing() -> None:
    assert published(with_steps(A, B, step("n", 0), C)) == Stay()


def test_sent_steps_are_never_sent_again() -> None:
    assert published(with_steps(B, A, C)) == moved("c", NOW - MINUTE + 2 * HOUR)


def test_the_last_step_done_counts_wherever_the_others_went() -> None:
    done = waiting("c", runs=("a", "b"))
    assert published(with_steps(B, C, A), done) == Stay()
    assert published(with_steps(B, step("c", 3 * HOUR), A), done) == moved("c", NOW - MINUTE + 3 * HOUR)


def test_when_nothing_is_ahead_it_is_over() -> None:
    assert published(with_steps(B, A)) == Finish()


def test_when_all_that_is_ahead_is_past_the_first_of_it_is_spread() -> None:
    past = waiting(anchor_ms=NOW - DAY, due_ms=NOW - HOUR)
    assert published(with_steps(B, A, C), past) == moved("c", NOW + OURS, NOW - DAY)


def test_people_waiting_for_the_first_step_have_all_steps_ahead() -> None:
    first = waiting("a", runs=())
    assert published(with_steps(C, A, B), first) == moved("c", NOW - MINUTE + 2 * HOUR)


# --- zone and window


def test_another_zone_moves_the_hours_of_the_day_and_no_delay() -> None:
    morning = Step("b", OnDay(1, 9, 0), (Block("b-1", Text("x")),))
    anchor = NOW - NOW % DAY
    berlin = published(with_steps(A, morning, C, zone="Europe/Berlin"), waiting(anchor_ms=anchor))
    assert berlin == moved("b", anchor + DAY + 8 * HOUR, anchor)
    assert published(replace(USUAL, zone="Europe/Berlin")) == Stay()


def test_another_window_shifts_from_the_hour_that_was_meant() -> None:
    midnight = NOW - NOW % DAY
    shifted = waiting(anchor_ms=midnight + HOUR, due_ms=midnight + 9 * HOUR + 77)
    opens_at_ten = replace(USUAL, window=Window(600, 1260))
    expected = midnight + 10 * HOUR + sending_hours.spread_ms(Window(600, 1260), CHAT)
    opened_at_nine = replace(USUAL, window=Window(540, 1260))
    assert published(opens_at_ten, shifted, opened_at_nine) == moved("b", expected, midnight + HOUR)
    assert published(USUAL, shifted, opened_at_nine) == moved("b", NOW + OURS, midnight + HOUR)


# --- a pause that is over


def test_a_pause_is_added_to_what_is_left() -> None:
    change = Resumed(NOW - 3 * HOUR)
    left = waiting(anchor_ms=NOW - 200 * MINUTE, due_ms=NOW - 140 * MINUTE)
    assert resumed(change, USUAL, left) == moved("b", NOW + 40 * MINUTE, NOW - 200 * MINUTE, 3 * HOUR, NOW)
    begun_in_it = waiting(anchor_ms=NOW - HOUR, due_ms=NOW)
    assert resumed(change, USUAL, begun_in_it) == moved("b", NOW + HOUR, NOW - HOUR, HOUR, NOW)


def test_a_delay_that_ran_out_before_the_pause_is_spread() -> None:
    over = waiting(anchor_ms=NOW - 5 * HOUR, due_ms=NOW - 4 * HOUR)
    assert resumed(Resumed(NOW - 3 * HOUR), USUAL, over) == moved("b", NOW + OURS, NOW - 5 * HOUR, 3 * HOUR, NOW)


def test_a_delay_starts_again() -> None:
    over = waiting(due_ms=NOW - DAY)
    assert resumed(Resumed(NOW - DAY, "restart"), USUAL, over) == moved("b", NOW + HOUR, NOW)


def test_as_if_there_had_been_no_pause_what_is_overdue_is_spread_and_what_is_too_late_left() -> None:
    change = Resumed(NOW - DAY, "as_if_never_paused")
    assert resumed(change, USUAL, waiting(due_ms=NOW - HOUR)) == moved("b", NOW + OURS)
    assert resumed(change, USUAL, waiting(due_ms=NOW + HOUR)) == Stay()
    assert resumed(change, USUAL, waiting(due_ms=NOW - 7 * HOUR)) == Stay()


def test_an_hour_of_the_day_stays_that_hour() -> None:
    midnight = NOW - NOW % DAY
    anchor_ms = midnight - 10 * HOUR
    newest, nine = with_steps(A, MORNING, C), midnight + 9 * HOUR + 30 * MINUTE
    who = waiting(anchor_ms=anchor_ms, due_ms=nine)
    change = Resumed(midnight + 8 * HOUR)
    for over_ms, due_ms in ((nine - MINUTE, nine), (nine + MINUTE, nine + DAY)):
        stood_ms = over_ms - change.paused_ms
        assert resumed(change, newest, who, over_ms) == moved("b", due_ms, anchor_ms, stood_ms, over_ms)


@pytest.mark.parametrize("policy", ["continue", "restart"])
def test_the_rest_of_a_begun_step_is_as_much_later_as_the_pause_was_long(policy: replan.Policy) -> None:
    inside = waiting(due_ms=NOW - 8 * HOUR, anchor_ms=None, cursor=Cursor(NOW - DAY, 1, "b", "b-2", 3))
    due = NOW - 8 * HOUR + 9 * HOUR
    assert resumed(Resumed(NOW - 9 * HOUR, policy), USUAL, inside) == Move(inside.cursor, due, due, None)


@pytest.mark.parametrize("pinned", [0, 3])
@pytest.mark.parametrize(("due_ms", "expected_ms"), [(NOW + MINUTE, NOW + MINUTE), (NOW - MINUTE, NOW + OURS)])
def test_a_moment_that_the_gate_gave_is_no_delay(pinned: int, due_ms: int, expected_ms: int) -> None:
    """Somebody was put off to an opening, or until a limit leaves room: a pause does not add to that."""
    cursor = waiting().cursor._replace(pinned=pinned)
    put_off = waiting(anchor_ms=NOW - 9 * HOUR, due_ms=due_ms, deferrals=1, cursor=cursor)
    after = resumed(Resumed(NOW - 3 * HOUR), USUAL, put_off)
    assert (due_ms if isinstance(after, Stay) else isinstance(after, Move) and after.due_ms) == expected_ms


# --- plans after a pause and a publication, in any order

MIDNIGHT = NOW - NOW % DAY
NINE_THIRTY = MIDNIGHT + 9 * HOUR + 30 * MINUTE


def stands(who: Waiting, what: Fate) -> Waiting:
    """The person as stored after a replan."""
    assert not isinstance(what, Finish)
    if isinstance(what, Stay):
        return who
    return who._replace(cursor=what.cursor, due_ms=what.due_ms, anchor=what.anchor, kept=what.kept)


def test_an_hour_after_a_pause_is_not_past_again_when_another_step_is_published() -> None:
    """Due at 09:30, paused over it and resumed; at 15:30 another step's delay is published."""
    before = with_steps(A, MORNING, C)
    who = waiting(anchor_ms=MIDNIGHT - 10 * HOUR, due_ms=NINE_THIRTY)
    who = stands(who, resumed(Resumed(MIDNIGHT + 8 * HOUR), before, who, MIDNIGHT + 12 * HOUR))
    assert who.due_ms == NINE_THIRTY + DAY
    afternoon = MIDNIGHT + 15 * HOUR + 30 * MINUTE
    newest = with_steps(A, MORNING, step("c", 5 * HOUR))
    assert fate(Published(), Versions(newest, before), who, afternoon) == Stay()
    later = with_steps(A, replace(MORNING, schedule=OnDay(1, 10, 30)), C)
    moved_on = stands(who, fate(Published(), Versions(later, before), who, afternoon))
    assert moved_on.due_ms == NINE_THIRTY + DAY + HOUR


def test_kept_hours_last_until_their_own_step_changes() -> None:
    second, third = with_steps(A, step("b", 3 * HOUR), C), with_steps(step("a", 5), step("b", 3 * HOUR), C)
    who = stands(waiting(), kept(second, waiting()))
    assert (who.due_ms, who.kept) == (waiting().due_ms, 7)
    for newest in (third, replace(third, zone="Asia/Tokyo"), replace(third, window=Window(540, 541))):
        assert fate(Published(), Versions(newest, second, USUAL), who, NOW) == Stay()
    inserted = replace(third, steps=(A, step("n", 30 * MINUTE), step("b", 3 * HOUR)))
    assert fate(Published(), Versions(inserted, second, USUAL), who, NOW) == Stay()
    fourth = with_steps(A, step("b", 2 * HOUR), C)
    assert fate(Published(), Versions(fourth, third, USUAL), who, NOW) == moved("b", NOW - MINUTE + 2 * HOUR)


def test_kept_hours_stand_still_through_a_pause() -> None:
    second = with_steps(A, step("b", 3 * HOUR), C)
    who = stands(waiting(), kept(second, waiting()))
    after = stands(who, fate(Resumed(NOW), Versions(second, second, USUAL), who, NOW + 4 * HOUR))
    assert (after.due_ms, after.kept) == (waiting().due_ms + 4 * HOUR, 7)


def test_a_delay_that_ran_out_while_the_window_was_shut_opens_with_the_window() -> None:
    by_day = replace(USUAL, window=Window(540, 1260))
    turn_ms = MIDNIGHT + 9 * HOUR + sending_hours.spread_ms(Window(540, 1260), CHAT)
    who = waiting(anchor_ms=MIDNIGHT - 3 * HOUR, due_ms=turn_ms)
    who = stands(who, resumed(Resumed(MIDNIGHT - 90 * MINUTE), by_day, who, MIDNIGHT + 8 * HOUR))
    assert who.due_ms == turn_ms
    newest = replace(by_day, steps=(A, B, step("c", 5)))
    assert fate(Published(), Versions(newest, by_day), who, MIDNIGHT + 8 * HOUR) == Stay()


def test_publishing_twice_within_the_spread_puts_nobody_off_again() -> None:
    sooner = with_steps(A, step("b", 30_000), C)
    who = stands(waiting(), published(sooner))
    assert who.due_ms == NOW + OURS
    assert fate(Published(), Versions(with_steps(A, step("b", 30_000)), sooner), who, NOW + OURS // 2) == Stay()
