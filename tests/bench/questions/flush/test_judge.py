"""The judge of a flush, on facts made by hand: each error is found once, and nothing else is reported."""

from typing import Any

import pytest

from bench.harness.observations import Observed
from bench.questions.flush.judge import GRACE_MS, ROUNDED_MS, Facts, Verdict, judge
from bench.questions.flush.plan import THRESHOLD_MS
from bench.questions.flush.writing import Written

BOT = 7
DUE, WRITER, RESTING = 1, 2, 3
EMPTIED = 10_000_000
WROTE = Written(EMPTIED - 5_000, EMPTIED - 4_950)
RESTS_UNTIL = EMPTIED + 3_000_000
ZERO = ("duplicates", "lost", "wrong_nudges", "crossed", "armed_early", "armed_late")


def nudge(chat: int, claimed_ms: int) -> Observed:
    return Observed(BOT, chat, claimed_ms, claimed_ms * 1000, claimed_ms * 1000 + 1)


FACTS = Facts(
    emptied_ms=EMPTIED,
    due={(BOT, DUE): EMPTIED + 2_000},
    written={(BOT, WRITER): WROTE},
    resting={BOT: {RESTING: RESTS_UNTIL}},
    observed=[nudge(DUE, EMPTIED + 9_000)],
    armed={BOT: {WRITER: WROTE.at_ms + THRESHOLD_MS, RESTING: RESTS_UNTIL}},
)


def wrongs(verdict: Verdict) -> dict[str, int]:
    return {name: value for name, value in verdict._asdict().items() if name in ZERO and value}


def judged(**changed: Any) -> dict[str, int]:
    return wrongs(judge(FACTS._replace(**changed)))


def armed(**dues: int) -> dict[int, dict[int, int]]:
    names = {"writer": WRITER, "resting": RESTING}
    return {BOT: {**FACTS.armed[BOT], **{names[name]: due for name, due in dues.items()}}}


def test_everybody_nudged_or_armed_in_time_is_clean() -> None:
    verdict = judge(FACTS)
    assert not wrongs(verdict)
    assert (verdict.due, verdict.nudged, verdict.armed) == (1, 1, 2)
    assert verdict.firing_ms == {BOT: 9_000}


def test_a_bot_fires_again_with_its_first_claim_that_was_not_under_way() -> None:
    observed = [nudge(DUE, EMPTIED + 9_000), nudge(4, EMPTIED + 12_000), nudge(5, EMPTIED + 40)]
    assert judge(FACTS._replace(observed=observed)).firing_ms == {BOT: 9_000}
    assert judge(FACTS._replace(observed=[nudge(DUE, EMPTIED - 1)])).firing_ms == {}


def test_whoever_was_due_and_never_nudged_is_lost() -> None:
    assert judged(observed=[]) == {"lost": 1}


@pytest.mark.parametrize("chat", [WRITER, RESTING])
def test_whoever_has_no_timer_is_lost(chat: int) -> None:
    left = {BOT: {one: due for one, due in FACTS.armed[BOT].items() if one != chat}}
    assert judged(armed=left) == {"lost": 1}


def test_a_second_nudge_is_a_duplicate() -> None:
    assert judged(observed=[nudge(DUE, EMPTIED + 9_000), nudge(DUE, EMPTIED + 9_100)]) == {"duplicates": 1}


def test_a_nudge_before_its_time_is_wrong() -> None:
    assert judged(observed=[nudge(DUE, EMPTIED + 1_999)]) == {"wrong_nudges": 1}


@pytest.mark.parametrize("chat", [WRITER, RESTING])
def test_a_nudge_to_somebody_who_was_not_due_is_wrong(chat: int) -> None:
    assert judged(observed=[*FACTS.observed, nudge(chat, EMPTIED + 9_000)]) == {"wrong_nudges": 1}


def test_a_nudge_may_cross_a_message_until_it_was_taken_in() -> None:
    crossing = nudge(WRITER, WROTE.taken_in_ms + GRACE_MS)
    late = nudge(WRITER, WROTE.taken_in_ms + GRACE_MS + 1)
    assert judged(observed=[*FACTS.observed, crossing]) == {"crossed": 1}
    assert judged(observed=[*FACTS.observed, late]) == {"wrong_nudges": 1}


def test_timers_must_be_armed_for_the_right_moment() -> None:
    right_ms = WROTE.at_ms + THRESHOLD_MS
    assert judged(armed=armed(writer=right_ms - 1)) == {"armed_early": 1}
    assert judged(armed=armed(writer=right_ms + ROUNDED_MS)) == {}
    assert judged(armed=armed(writer=right_ms + ROUNDED_MS + 1)) == {"armed_late": 1}
    assert judged(armed=armed(resting=RESTS_UNTIL - 1)) == {"armed_early": 1}
