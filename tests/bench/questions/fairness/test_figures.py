"""The figures of fairness, from observations made by hand."""

from collections.abc import Iterable

import pytest

from bench.harness.chapter import judge
from bench.harness.observations import Observed
from bench.questions.fairness.chapter import CHAPTER
from bench.questions.fairness.figures import Outcome, Round, Window, outcome

BURSTING, OTHER = 1, 2
CALM, BESIDE = Window(1_000, 2_000), Window(5_000, 6_000)


def seen(bot: int, window: Window, late_ms: float, count: int = 100) -> Iterable[Observed]:
    """Spread over the window."""
    for place in range(count):
        due_ms = window.from_ms + place * (window.until_ms - window.from_ms) // count
        yield Observed(bot, place, due_ms, round(1000 * (due_ms + late_ms)))


def figures(*more: Observed, calm_ms: float = 5, burst_ms: float = 12) -> Outcome:
    observed = [
        *seen(OTHER, CALM, calm_ms),
        *seen(OTHER, BESIDE, burst_ms),
        *seen(BURSTING, BESIDE, 400),
        *more,
    ]
    return outcome(BURSTING, 50, 10_000, [Round(CALM, BESIDE)], observed)


def test_the_bursting_bot_is_not_among_those_it_may_delay() -> None:
    (found,) = figures().rounds
    assert (found.others, found.served) == (100, 100)
    assert (found.calm_ms["p99"], found.burst_ms["p99"], found.added_ms) == (5, 12, 7)


def test_what_fell_due_outside_both_windows_does_not_count() -> None:
    later = Observed(OTHER, 1, BESIDE.until_ms, 9_000_000)
    between = Observed(OTHER, 2, CALM.until_ms, 9_000_000)
    assert figures(later, between) == figures()


def test_it_holds_if_nothing_is_early_and_both_are_there() -> None:
    assert figures().holds
    assert not figures(Observed(OTHER, 1, 7_000, 6_999_000)).holds
    assert not outcome(BURSTING, 50, 10_000, [Round(CALM, BESIDE)], [*seen(OTHER, BESIDE, 5)]).holds
    assert not outcome(BURSTING, 50, 10_000, [Round(CALM, BESIDE)], [*seen(BURSTING, BESIDE, 5)]).holds


@pytest.mark.parametrize(("burst_ms", "met"), [(55, True), (56, False), (1, True)])
def test_the_goal_is_what_the_burst_adds(burst_ms: float, *, met: bool) -> None:
    found = figures(burst_ms=burst_ms).as_json()
    assert [judged.met for judged in judge(CHAPTER.goals, found)] == [met, True]


def test_the_table_and_the_chapter_show_both() -> None:
    table = figures().as_table()
    assert "without the burst      5.0" in table
    assert "added to the p99: 7 (7 to 7) ms; 0 were early" in table
    found = figures().as_json()
    for one in CHAPTER.tables(found):
        assert all(len(row) == len(one.head) for row in one.rows)
    assert [plot.series["beside the burst"] for plot in CHAPTER.plots(found)] == [[12, 12, 12]]
