"""When the manager is fast enough, and when it is not."""

import pytest

from bench.questions.manager_latency.report import MOST_MS, Outcome, Shown


def shown(*redraws_ms: float, before: int = 8, after: int = 8) -> Shown:
    return Shown("home", redraws_ms, before, after)


@pytest.mark.parametrize(
    ("screen", "holds"),
    [
        (shown(*[10.0] * 20), True),
        (shown(*[10.0] * 19, 5_000.0), True),
        (shown(*[10.0] * 18, 5_000.0, 5_000.0), False),
        (shown(*[float(MOST_MS)] * 20), True),
        (shown(*[MOST_MS + 1.0] * 20), False),
        (shown(*[10.0] * 20, after=9), False),
        (shown(*[10.0] * 20, after=7), False),
    ],
)
def test_a_screen_must_be_fast_and_take_no_more_statements_with_more_data(screen: Shown, *, holds: bool) -> None:
    assert screen.holds is holds
    outcome = Outcome(50, 50, 1_000_000, [shown(1.0, 2.0), screen])
    assert outcome.holds is holds
    assert outcome.as_json()["holds"] is holds
    assert ("NOT" in outcome.as_table()) is not holds


def test_an_outcome_without_screens_does_not_hold() -> None:
    assert not Outcome(50, 50, 1, []).holds
