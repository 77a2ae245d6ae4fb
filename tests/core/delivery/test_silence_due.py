"""When a silence begins its episode, with exact moments."""

import pytest
from msgspec.structs import replace

from engine.core.delivery import silence_due
from engine.core.delivery.silence_due import Pause
from tests.core.delivery.test_replan import CHAT, DAY, HOUR, MINUTE, NOW, OURS, USUAL


@pytest.mark.parametrize(
    ("seen_ms", "due_ms", "expected"),
    [
        (NOW - HOUR, NOW + HOUR, NOW + OURS),
        (NOW + 10 * MINUTE, NOW + HOUR, NOW + 20 * MINUTE),
        (NOW - HOUR, NOW - MINUTE, NOW - MINUTE),
    ],
)
def test_a_shorter_threshold_includes_a_silence(seen_ms: int, due_ms: int, expected: int) -> None:
    due = silence_due.included_due_ms(USUAL, (), CHAT, seen_ms, due_ms, NOW)
    assert due == expected
    assert silence_due.included_due_ms(USUAL, (), CHAT, seen_ms, due, NOW) == due


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
    due = silence_due.resumed_due_ms(newest, pauses, CHAT, seen_ms, due_ms)
    assert due == expected
    assert silence_due.resumed_due_ms(newest, pauses, CHAT, seen_ms, due) == due


def test_a_silence_of_which_nothing_is_known_goes_on_after_all_pauses() -> None:
    pauses = [EARLY, Pause(NOW - 7 * HOUR - 30 * MINUTE, NOW, "continue")]
    newest = replace(USUAL, threshold_ms=2 * HOUR)
    assert silence_due.resumed_due_ms(newest, pauses, CHAT, NOW - 10 * HOUR) == NOW + 30 * MINUTE
