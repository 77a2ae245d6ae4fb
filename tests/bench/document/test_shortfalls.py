"""A missed goal is told with its figure, by how much, and why; none of the committed document lacks a reason."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.document import run
from bench.document.chapters import QUESTIONS, Source, find
from bench.document.page import PLOTS, page, part
from bench.document.run import Answer
from bench.document.shortfalls import UNEXPLAINED, misses
from bench.harness.chapter import AT_LEAST, AT_MOST, Chapter, Figures, Goal, Shortfall, figure, places

_DOCS = Path(__file__).parents[3] / "docs"
_GOALS = (
    Goal("late", "late_ms", AT_MOST, 10, "ms"),
    Goal("rate", "per_s", AT_LEAST, 3_000, "/s"),
    Goal("refused", "refused", AT_MOST, 0),
)
_MET = {"late_ms": 10, "per_s": 3_000, "refused": 0}
_WHY = Shortfall(("late", "rate"), "The pollers use {cpu_ms} ms.", "Two cores.", "More batches: no faster.")


def _source(*shortfalls: Shortfall) -> Source:
    return Source("send", "How many?", Chapter(_GOALS, lambda _: []), "", (), (), shortfalls)


def _page(figures: Figures, *shortfalls: Shortfall) -> str:
    return page([part(_source(*shortfalls), Answer("python -m bench send", 1, quick=False, figures=dict(figures)))])


def test_a_missed_goal_is_told_with_its_figure_its_distance_and_its_reason() -> None:
    text = _page(_MET | {"late_ms": 25, "per_s": 2_400, "cpu_ms": 0.64}, _WHY)
    for words in (
        "## Goals that are not met\n\n### send\n",
        "- **late**: 25 ms, instead of at most 10 ms: missed by 150%.\n",
        "- **rate**: 2,400 /s, instead of at least 3,000 /s: missed by 20%.\n",
        "*Profile:* The pollers use 0.64 ms.",
        "*Ceiling:* Two cores.",
        "*Tried:* More batches: no faster.",
    ):
        assert words in text
    assert UNEXPLAINED not in text


def test_a_reason_is_told_once_for_those_of_its_goals_that_are_missed() -> None:
    text = _page(_MET | {"per_s": 2_400}, _WHY)
    assert "- **late**" not in text
    assert text.count("*Ceiling:* Two cores.") == 1


@pytest.mark.parametrize("figures", [_MET, {}, {"late_ms": None, "per_s": 3_000, "refused": 0}])
def test_without_a_miss_no_reason_is_shown(figures: Figures) -> None:
    assert "Two cores." not in _page(figures, _WHY)
    assert "Goals that are not met" not in _page(figures, _WHY)


def test_a_miss_that_has_no_reason_is_told_plainly_beside_one_that_has() -> None:
    text = _page(_MET | {"per_s": 2_400, "refused": 2}, _WHY)
    assert f"- **refused**: 2, instead of at most 0: missed by 2.\n\n{UNEXPLAINED}" in text
    assert "*Ceiling:* Two cores." in text


@given(
    late=st.none() | st.integers(0, 20),
    rate=st.none() | st.integers(0, 6_000),
    refused=st.none() | st.integers(0, 2),
    explained=st.lists(st.lists(st.sampled_from([goal.what for goal in _GOALS]), min_size=1, unique=True), max_size=3),
)
def test_every_miss_is_told_and_nothing_else(
    late: int | None, rate: int | None, refused: int | None, explained: Sequence[Sequence[str]]
) -> None:
    reasons = [Shortfall(goals, "", "", "") for goals in explained]
    found = misses(_source(*reasons), {"late_ms": late, "per_s": rate, "refused": refused})
    missed = {
        *({"late"} if late is not None and late > 10 else ()),
        *({"rate"} if rate is not None and rate < 3_000 else ()),
        *({"refused"} if refused else ()),
    }
    unexplained = {one.goal.what for miss in found if miss.why == (UNEXPLAINED,) for one in miss.goals}
    assert {one.goal.what for miss in found for one in miss.goals} == missed
    assert unexplained == missed - {what for goals in explained for what in goals}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_committed_document_says_why_each_goal_is_missed(name: str) -> None:
    answer = run.read(_DOCS / PLOTS, name)
    assert UNEXPLAINED not in page([part(find(name), answer)])


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_reason_names_goals_of_its_question_once_and_says_something(name: str) -> None:
    source = find(name)
    named = [what for reason in source.shortfalls for what in reason.goals]
    assert len(named) == len(set(named))
    assert set(named) <= {goal.what for goal in source.chapter.goals}
    assert all(reason.profile and reason.ceiling and reason.tried for reason in source.shortfalls)


_TEXTS: Sequence[Callable[[Source], str]] = (
    lambda source: source.prose,
    lambda source: " ".join(f"{one.profile} {one.ceiling} {one.tried}" for one in source.shortfalls),
)


@pytest.mark.parametrize("text", _TEXTS, ids=["chapter.md", "shortfalls.json"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_place_of_a_committed_text_has_its_figure(name: str, text: Callable[[Source], str]) -> None:
    answer = run.read(_DOCS / PLOTS, name)
    figures = answer.figures if answer else None
    assert [path for path in places(text(find(name))) if figure(figures or {}, path) is None] == []
