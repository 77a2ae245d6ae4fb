"""The verdict on a burst, on records made by hand."""

import json
from collections.abc import Iterable

import pytest

from bench.questions.burst.judge import Burst, Verdict, Window, judge, percentile
from bench.questions.burst.question import QUESTION
from bench.questions.burst.report import Outcome
from bench.sandbox.protocol import Row

REFUSED, OTHER = 1, 2
RATE, CHATS = 5, 500
GAP_MS = 1000 // RATE
SINCE_MS = 1_000_000
WINDOW = Window(REFUSED, SINCE_MS + 20_000, SINCE_MS + 40_000)
BURST = Burst([REFUSED, OTHER], CHATS, RATE, SINCE_MS, [WINDOW])
REST_PLACES = (WINDOW.until_ms - WINDOW.from_ms) // GAP_MS


def sends(bot: int, places: Iterable[int], gap_ms: float = GAP_MS) -> list[Row]:
    return [
        Row(0, bot, "sendMessage", round(SINCE_MS + place * gap_ms), chat_id=chat, ok=True)
        for chat, place in enumerate(places, 1)
    ]


def refusal(*, planted: bool) -> Row:
    fault = "too_many_requests" if planted else None
    return Row(0, REFUSED, "sendMessage", WINDOW.from_ms, chat_id=1, ok=False, error_code=429, fault=fault)


def rested() -> list[Row]:
    """The sends of a refused bot that goes on when its window is over."""
    before = (WINDOW.from_ms - SINCE_MS) // GAP_MS
    places = [place if place < before else place + REST_PLACES for place in range(1, CHATS + 1)]
    return [*sends(REFUSED, places), refusal(planted=True)]


def verdict(other: list[Row], *more: Row) -> Verdict:
    return judge([*rested(), *other, *more], BURST)


AT_PACE = sends(OTHER, range(1, CHATS + 1))


def test_a_burst_at_its_pace_holds() -> None:
    found = verdict(AT_PACE)
    assert found.holds
    assert (found.sent, found.duplicates, found.lost, found.refused, found.planted) == (2 * CHATS, 0, 0, 0, 1)
    assert found.finish == {REFUSED: 1.0, OTHER: 1.0}
    assert found.added_ms == {OTHER: 0}


def test_a_chat_without_a_message_is_lost() -> None:
    assert verdict(AT_PACE[:-1]).lost == 1
    assert not verdict(AT_PACE[:-1]).holds


def test_a_second_message_to_a_chat_is_a_duplicate() -> None:
    assert verdict([*AT_PACE, AT_PACE[-1]]).duplicates == 1


def test_a_refusal_that_was_not_planted_fails() -> None:
    found = verdict(AT_PACE, refusal(planted=False))
    assert (found.refused, found.holds) == (1, False)


def test_without_a_planted_refusal_the_verdict_does_not_hold() -> None:
    assert not judge([*rested()[:-1], *AT_PACE], BURST).holds


def test_a_bot_that_takes_a_tenth_longer_is_late() -> None:
    assert verdict(sends(OTHER, range(1, CHATS + 1), GAP_MS * 1.09)).late == 0
    assert verdict(sends(OTHER, range(1, CHATS + 1), GAP_MS * 1.11)).late == 1


def test_a_bot_that_exceeds_its_pace_is_over_it() -> None:
    assert verdict(sends(OTHER, range(1, CHATS + 1), GAP_MS / 2)).pace.over > 0


def test_gaps_that_grow_while_another_bot_is_refused_are_reported() -> None:
    slow = range((WINDOW.from_ms - SINCE_MS) // GAP_MS, (WINDOW.until_ms - SINCE_MS) // GAP_MS)
    late = [
        Row(
            0, row.bot_id, row.method, row.arrived_ms + (60 if place in slow and place % 2 else 0), row.chat_id, ok=True
        )
        for place, row in enumerate(AT_PACE, 1)
    ]
    found = verdict(late)
    assert (found.added_ms, found.delayed, found.holds) == ({OTHER: 60}, 1, False)


@pytest.mark.parametrize(("values", "expected"), [([], 0), ([7], 7), (range(1, 101), 99), (range(1, 201), 198)])
def test_the_percentile_is_one_of_the_values(values: list[int], expected: int) -> None:
    assert percentile(values) == expected


def test_a_violation_breaks_the_outcome_and_the_figures_are_shown() -> None:
    outcome = Outcome(BURST, verdict(AT_PACE), 1, 2, 0.7)
    figures = json.loads(json.dumps(outcome.as_json()))
    assert (figures["holds"], figures["violations"], figures["finish_worst"]) == (False, 1, 1.0)
    assert "70 % of 2 cores" in outcome.as_table()
    assert Outcome(BURST, verdict(AT_PACE), 0, 2, 0.7).holds


def test_a_burst_that_would_end_too_soon_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        QUESTION.main(["--chats", "100"])
    assert "at least 600 chats" in capsys.readouterr().err
