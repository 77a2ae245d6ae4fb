"""What becomes of those who wait when the campaign changes: each rule on its own, with exact moments."""

from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery import replan
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.replan import Fate, Finish, Move, Pause, Published, Resumed, Stay, Waiting, fate, replans
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
USUAL = Snapshot("UTC", (A, B, C))


def with_steps(*steps: Step, **other: Any) -> Snapshot:
    return replace(USUAL, steps=steps, **other)


def waiting(key: str = "b", anchor_ms: int | None = NOW - MINUTE, **other: Any) -> Waiting:
    """Somebody who has had A and waits for B."""
    cursor = Cursor(NOW - DAY, 1, key, f"{key}-1", 0)
    usual = Waiting(CHAT, cursor, 5, NOW - MINUTE + HOUR, anchor_ms, "a", frozenset({"a"}))
    return usual._replace(**other)


def published(newest: Snapshot, who: Waiting | None = None) -> Fate:
    return fate(Published(), newest, who or waiting(), NOW)


def moved(key: str, due_ms: int, anchor_ms: int = NOW - MINUTE, ordinal: int = 1) -> Move:
    return Move(Cursor(NOW - DAY, ordinal, key, f"{key}-1", 0), due_ms, due_ms, anchor_ms)


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
    assert published(USUAL, late) == moved("b", NOW - HOUR, NOW - 2 * HOUR)


def test_people_who_keep_their_hour_are_not_moved() -> None:
    assert fate(Published("keep"), with_steps(A, step("b", 1), C), waiting(), NOW) == Stay()


def test_people_who_keep_their_hour_get_the_steps_new_first_block() -> None:
    renewed = Step("b", After(1), (Block("b-2", Text("x")),))
    kept = fate(Published("keep"), with_steps(A, renewed, C), waiting(), NOW)
    assert kept == Move(waiting().cursor._replace(block="b-2"), waiting().due_ms, waiting().due_ms, waiting().anchor_ms)
    assert published(with_steps(A, renewed, C)) == Move(
        waiting().cursor._replace(block="b-2"), NOW + OURS, NOW + OURS, NOW - MINUTE
    )


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
    assert published(with_steps(A, step("n", 30_000), B, C)) == moved("b", NOW - MINUTE + HOUR)


def test_a_step_put_behind_changes_nothing() -> None:
    assert published(with_steps(A, B, step("n", 0), C)) == moved("b", NOW - MINUTE + HOUR)


def test_sent_steps_are_never_sent_again() -> None:
    assert published(with_steps(B, A, C)) == moved("c", NOW - MINUTE + 2 * HOUR)


def test_the_last_step_done_counts_wherever_the_others_went() -> None:
    done = waiting("c", last_step="b", runs=frozenset({"a", "b"}))
    assert published(with_steps(B, C, A), done) == moved("c", NOW - MINUTE + 2 * HOUR)


def test_when_nothing_is_ahead_it_is_over() -> None:
    assert published(with_steps(B, A)) == Finish()


def test_when_all_that_is_ahead_is_past_the_first_of_it_is_spread() -> None:
    past = waiting(anchor_ms=NOW - DAY, due_ms=NOW - HOUR)
    assert published(with_steps(B, A, C), past) == moved("c", NOW + OURS, NOW - DAY)


def test_people_waiting_for_the_first_step_have_all_steps_ahead() -> None:
    first = waiting("a", last_step=None, runs=frozenset())
    assert published(with_steps(C, A, B), first) == moved("c", NOW - MINUTE + 2 * HOUR)


# --- zone and window


def test_another_zone_moves_the_hours_of_the_day_and_no_delay() -> None:
    morning = Step("b", OnDay(1, 9, 0), (Block("b-1", Text("x")),))
    anchor = NOW - NOW % DAY
    berlin = published(with_steps(A, morning, C, zone="Europe/Berlin"), waiting(anchor_ms=anchor))
    assert berlin == moved("b", anchor + DAY + 8 * HOUR, anchor)
    assert published(replace(USUAL, zone="Europe/Berlin")) == moved("b", NOW - MINUTE + HOUR)


def test_another_window_shifts_from_the_hour_that_was_meant() -> None:
    midnight = NOW - NOW % DAY
    shifted = waiting(anchor_ms=midnight + HOUR, due_ms=midnight + 9 * HOUR + 77)
    opens_at_ten = replace(USUAL, window=Window(600, 1260))
    expected = midnight + 10 * HOUR + sending_hours.spread_ms(Window(600, 1260), CHAT)
    assert published(opens_at_ten, shifted) == moved("b", expected, midnight + HOUR)
    assert published(replace(USUAL, window=None), shifted) == Move(
        shifted.cursor, NOW + OURS, NOW + OURS, midnight + HOUR
    )


# --- a pause that is over


def test_a_pause_is_added_to_what_is_left() -> None:
    change = Resumed(NOW - 3 * HOUR)
    left = waiting(anchor_ms=NOW - 4 * HOUR, due_ms=NOW - 2 * HOUR)
    assert fate(change, USUAL, left, NOW) == moved("b", NOW + HOUR, NOW - HOUR)
    begun_in_it = waiting(anchor_ms=NOW - HOUR, due_ms=NOW + MINUTE)
    assert fate(change, USUAL, begun_in_it, NOW) == moved("b", NOW + MINUTE + HOUR, NOW)


def test_a_delay_starts_again() -> None:
    assert fate(Resumed(NOW - DAY, "restart"), USUAL, waiting(due_ms=NOW - DAY), NOW) == moved("b", NOW + HOUR, NOW)


def test_as_if_there_had_been_no_pause_what_is_overdue_is_spread_and_what_is_too_late_left() -> None:
    change = Resumed(NOW - DAY, "as_if_never_paused")
    assert fate(change, USUAL, waiting(due_ms=NOW - HOUR), NOW) == moved("b", NOW + OURS)
    assert fate(change, USUAL, waiting(due_ms=NOW + HOUR), NOW) == Stay()
    assert fate(change, USUAL, waiting(due_ms=NOW - 7 * HOUR), NOW) == Stay()


def test_an_hour_of_the_day_stays_that_hour() -> None:
    midnight = NOW - NOW % DAY
    morning = Step("b", OnDay(1, 9, 30), (Block("b-1", Text("x")),))
    newest, nine = with_steps(A, morning, C), midnight + 9 * HOUR + 30 * MINUTE
    who = waiting(anchor_ms=midnight - 10 * HOUR, due_ms=nine)
    change = Resumed(midnight + 8 * HOUR)
    assert fate(change, newest, who, nine - MINUTE) == Stay()
    assert fate(change, newest, who, nine + MINUTE) == moved("b", nine + DAY, midnight - 10 * HOUR)


@pytest.mark.parametrize("policy", ["continue", "restart"])
def test_the_rest_of_a_begun_step_is_as_much_later_as_the_pause_was_long(policy: replan.Policy) -> None:
    inside = waiting(due_ms=NOW - 8 * HOUR, anchor_ms=None, cursor=Cursor(NOW - DAY, 1, "b", "b-2", 3))
    due = NOW - 8 * HOUR + 9 * HOUR
    assert fate(Resumed(NOW - 9 * HOUR, policy), USUAL, inside, NOW) == Move(inside.cursor, due, due, None)


# --- silences that have begun nothing


@pytest.mark.parametrize(
    ("seen_ms", "due_ms", "expected"),
    [
        (NOW - HOUR, NOW + HOUR, NOW + OURS),
        (NOW + 10 * MINUTE, NOW + HOUR, NOW + 20 * MINUTE),
        (NOW - HOUR, NOW - MINUTE, NOW - MINUTE),
    ],
)
def test_a_shorter_threshold_includes_a_silence(seen_ms: int, due_ms: int, expected: int) -> None:
    due = replan.included_due_ms(USUAL, CHAT, seen_ms, due_ms, NOW)
    assert due == expected
    assert replan.included_due_ms(USUAL, CHAT, seen_ms, due, NOW) == due


EARLY = Pause(NOW - 9 * HOUR, NOW - 8 * HOUR, "continue")


@pytest.mark.parametrize(
    ("pauses", "seen_ms", "due_ms", "expected"),
    [
        ([Pause(NOW - 3 * HOUR, NOW, "continue")], NOW - 3 * HOUR - MINUTE, NOW - 171 * MINUTE, NOW + 9 * MINUTE),
        ([Pause(NOW - 3 * HOUR, NOW, "continue")], NOW - HOUR, NOW - 50 * MINUTE, NOW + 10 * MINUTE),
        ([Pause(NOW - 3 * HOUR, NOW, "continue")], NOW + MINUTE, NOW + 11 * MINUTE, NOW + 11 * MINUTE),
        ([Pause(NOW - 3 * HOUR, NOW, "continue")], NOW - 4 * HOUR, NOW - 3 * HOUR - 50 * MINUTE, NOW + OURS),
        ([Pause(NOW - 3 * HOUR, NOW, "restart")], NOW - HOUR, NOW - 50 * MINUTE, NOW + 10 * MINUTE),
        ([Pause(NOW - HOUR, NOW, "as_if_never_paused")], NOW - HOUR, NOW - 50 * MINUTE, NOW + OURS),
        ([Pause(NOW - HOUR, NOW, "as_if_never_paused")], NOW - MINUTE, NOW + 9 * MINUTE, NOW + 9 * MINUTE),
        ([Pause(NOW - DAY, NOW, "as_if_never_paused")], NOW - DAY, NOW - DAY + 10 * MINUTE, NOW - DAY + 10 * MINUTE),
        ([Pause(NOW - 3 * HOUR, NOW, "continue")], NOW - 4 * HOUR, NOW - 2 * HOUR, NOW + HOUR),
        (
            [EARLY, Pause(NOW - 7 * HOUR - 30 * MINUTE, NOW, "continue")],
            NOW - 10 * HOUR,
            NOW - 7 * HOUR,
            NOW + 30 * MINUTE,
        ),
    ],
    ids=[
        "what was left is left",
        "silent while nothing went out",
        "silent since",
        "overdue before it began",
        "begun anew",
        "as if never paused",
        "as if never paused, and still ahead",
        "too late, which is the gate's to say",
        "armed for longer than it would be now",
        "an earlier pause too",
    ],
)
def test_a_silence_goes_on_after_a_pause(pauses: list[Pause], seen_ms: int, due_ms: int, expected: int) -> None:
    newest = USUAL if len(pauses) == 1 else replace(USUAL, threshold_ms=2 * HOUR)
    due = replan.resumed_due_ms(newest, pauses, CHAT, seen_ms, due_ms)
    assert due == expected
    assert replan.resumed_due_ms(newest, pauses, CHAT, seen_ms, due) == due


def test_a_silence_of_which_nothing_is_known_goes_on_after_all_pauses() -> None:
    pauses = [EARLY, Pause(NOW - 7 * HOUR - 30 * MINUTE, NOW, "continue")]
    newest = replace(USUAL, threshold_ms=2 * HOUR)
    assert replan.resumed_due_ms(newest, pauses, CHAT, NOW - 10 * HOUR) == NOW + 30 * MINUTE
