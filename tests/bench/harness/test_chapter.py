"""Whether a goal is met is computed from the figures, and a figure that is missing never meets one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.harness.chapter import AT_LEAST, AT_MOST, Goal, Judged, figure, judge, shown

_FIGURES = {"plain": {"300": {"claim_ms": {"p99": 12.5}}}, "rounds": [7, 8], "rows": [{"name": "arq, old", "us": 3}]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("plain.300.claim_ms.p99", 12.5),
        ("rounds.1", 8),
        ("rounds.2", None),
        ("rows.arq, old.us", 3),
        ("rows.RQ.us", None),
        ("plain.100.claim_ms.p99", None),
        ("plain.300.claim_ms.p99.more", None),
    ],
)
def test_a_figure_is_found_by_its_path(path: str, expected: float | None) -> None:
    assert figure(_FIGURES, path) == expected


@given(measured=st.floats(0, 1e9), bound=st.floats(0.001, 1e9))
def test_a_goal_is_met_on_its_own_side_of_the_bound_and_at_the_bound(measured: float, bound: float) -> None:
    most, least = (Judged(Goal("", "", side, bound), measured) for side in (AT_MOST, AT_LEAST))
    assert most.met == (measured <= bound)
    assert least.met == (measured >= bound)
    for judged in (most, least):
        assert judged.verdict.startswith("met") == judged.met


@given(measured=st.floats(0.001, 1e9), bound=st.sampled_from([0.01, 0.95, 50.0, 10_000.0]), part=st.floats(1e-9, 1e-3))
def test_a_figure_beside_its_bound_is_not_shown_as_the_bound(measured: float, bound: float, part: float) -> None:
    for value in (measured, bound * (1 + part), bound * (1 - part), bound):
        said = float(Judged(Goal("", "", AT_MOST, bound), value).shown.replace(",", ""))
        assert (said > bound, said < bound) == (value > bound, value < bound)


@pytest.mark.parametrize("path", ["plain.100.claim_ms.p99", "plain.300", "rounds", "words", "yes"])
def test_what_is_no_number_meets_no_goal_and_misses_none(path: str) -> None:
    (judged,) = judge([Goal("late", path, AT_MOST, 10)], {**_FIGURES, "words": "5", "yes": True})
    assert not judged.met
    assert not judged.missed
    assert "not measured" in judged.verdict


@pytest.mark.parametrize(
    ("goal", "measured", "verdict"),
    [
        (Goal("", "", AT_MOST, 20), 15, "met, by 25%"),
        (Goal("", "", AT_MOST, 20), 30, "**not met**, by 50%"),
        (Goal("", "", AT_LEAST, 3_000), 1_500, "**not met**, by 50%"),
        (Goal("", "", AT_MOST, 0), 0, "met"),
        (Goal("", "", AT_MOST, 0), 2, "**not met**, by 2"),
        (Goal("", "", AT_MOST, 0, "ms"), 0.5, "**not met**, by 0.5 ms"),
        (Goal("", "", AT_MOST, 50), 50, "met"),
        (Goal("", "", AT_MOST, 50), 50.02, "**not met**, by less than 1%"),
        (Goal("", "", AT_LEAST, 0.98), 0.9796, "**not met**, by less than 1%"),
    ],
)
def test_the_verdict_says_by_how_much(goal: Goal, measured: float, verdict: str) -> None:
    assert Judged(goal, measured).verdict == verdict


@pytest.mark.parametrize(
    ("value", "words"),
    [(156_000, "156,000"), (0.548, "0.548"), (12.0, "12"), (99.94, "99.9"), (None, "–"), (True, "yes"), ("x", "x")],
)
def test_numbers_are_shown_as_people_read_them(value: object, words: str) -> None:
    assert shown(value) == words
