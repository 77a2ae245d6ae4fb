"""One rate is told on the top of the JSON, several by load and rate; what must not happen is counted in all rounds."""

import pytest

from bench.questions.lateness.chapter import CHAPTER
from bench.questions.lateness.figures import Figures
from bench.questions.lateness.report import Outcome


def _figures(rate: int, p99: float, early: int = 0, due_per_s: float | None = None) -> Figures:
    tail = {"p50": 1.0, "p99": p99, "p999": 2 * p99}
    cpu = {"receiver": 0.1, "pollers": 1.0, "valkey": 0.1, "postgres": 0.5, "total": 1.7}
    return Figures(rate, rate if due_per_s is None else due_per_s, 100, 0, early, tail, tail, cpu)


def test_one_rate_is_told_on_the_top_as_the_median_of_its_rounds() -> None:
    found = Outcome(60, {"asked": {300: [_figures(300, 10.0), _figures(300, 50.0, 1), _figures(300, 20.0)]}})
    told = found.as_json()
    assert (told["claim_ms"]["p99"], told["rounds"], told["spread"]["claim_ms"]["p99"]) == (20.0, 3, (20.0, 10.0, 50.0))
    assert (told["early"], told["holds"], found.holds) == (1, False, False)
    assert "NOT" in found.as_table()


def test_the_chapter_shows_each_load_and_finds_the_figure_of_each_goal() -> None:
    loads = {
        "plain": {rate: [_figures(rate, 5.0)] for rate in (100, 300, 1_000)},
        "null_sender": {1_000: [_figures(1_000, 5.0)]},
    }
    told = Outcome(60, loads).as_json()
    late, _, cpu = CHAPTER.tables(told)
    assert [row[:2] for row in late.rows] == [("alone", 100), ("alone", 300), ("alone", 1_000), ("null sender", 1_000)]
    assert len(late.head) == len(late.rows[0])
    assert len(cpu.head) == len(cpu.rows[0])
    assert [len(plot.x) for plot in CHAPTER.plots(told)] == [3, 3]


@pytest.mark.parametrize(("due_per_s", "holds"), [(300, True), (286, True), (284, False), (0, False)])
def test_a_load_that_was_not_brought_is_no_answer(due_per_s: float, *, holds: bool) -> None:
    """A machine that is too slow to bring it would show an engine that is never late."""
    found = Outcome(60, {"asked": {300: [_figures(300, 5.0), _figures(300, 5.0, due_per_s=due_per_s)]}})
    assert found.holds == holds


@pytest.mark.parametrize(
    ("touches", "reached", "holds"),
    [(0, 0.0, True), (20_000, 20_000, True), (20_000, 19_000, True), (20_000, 18_999, False), (20_000, 0, False)],
)
def test_touches_that_were_not_brought_are_no_load_and_are_told(touches: int, reached: float, *, holds: bool) -> None:
    found = Outcome(60, {"asked": {300: [_figures(300, 5.0)._replace(touches=touches, touches_per_s=reached)]}})
    assert found.holds == holds
    assert found.as_json()["touches_per_s"] == reached
    assert (f"{reached:.0f} of 20000 touches/s" in found.as_table()) == bool(touches)
