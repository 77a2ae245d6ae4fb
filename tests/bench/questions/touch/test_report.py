"""The figures of touch, from turns made by hand."""

import pytest

from bench.harness.chapter import judge
from bench.harness.rounds import Turn
from bench.questions.touch.chapter import CHAPTER
from bench.questions.touch.report import CALLERS, LISTS, OURSELVES, RAW, SERVER, ZADD, Outcome


def turn(per_s: int) -> Turn:
    return Turn(2 * per_s, 2.0, {OURSELVES: 1.0, SERVER: 0.5})


def outcome(lists: int = 190_000, single: int = 100_000, raw: int = 200_000) -> Outcome:
    figures = {RAW: raw, ZADD: 500_000, LISTS: lists, **dict.fromkeys(CALLERS, 1_000), "single": single}
    return Outcome(100_352, {name: [turn(per_s)] * 3 for name, per_s in figures.items()}, 20_000.4)


def test_the_json_has_the_figures_by_name() -> None:
    found = outcome().as_json()
    named = ("lists_per_s", "single_per_s", "raw_per_s", "zadd_per_s", "single_64_per_s", "single_1_per_s")
    assert [found[name] for name in named] == [190_000, 100_000, 200_000, 500_000, 1_000, 1_000]
    assert (found["lists_ratio_to_raw"], found["single_ratio_to_raw"]) == (0.95, 0.5)
    assert (found["client_us"]["raw"], found["server_us"]["raw"]) == (2.5, 1.25)


@pytest.mark.parametrize(
    ("single", "raw", "part"), [(120_000, 400_000, 1.0), (60_000, 400_000, 0.5), (65_000, 100_000, 1.0)]
)
def test_single_awaits_may_reach_their_number_or_their_share(single: int, raw: int, part: float) -> None:
    assert outcome(single=single, raw=raw).as_json()["single_part_of_goal"] == part


def test_a_contestant_that_did_nothing_makes_the_figures_worthless() -> None:
    assert outcome().holds
    assert not outcome(lists=0).holds


def test_the_chapter_finds_its_figures() -> None:
    found = outcome().as_json()
    assert [judged.measured for judged in judge(CHAPTER.goals, found)] == [0.95, pytest.approx(5 / 6)]
    (table,) = CHAPTER.tables(found)
    assert all(len(row) == len(table.head) for row in table.rows)
    (plot,) = CHAPTER.plots(found)
    assert len(plot.x) == len(plot.series["touches a second"]) == len(table.rows)


def test_the_table_has_a_line_for_each_contestant() -> None:
    table = outcome().as_table()
    for name in (RAW, ZADD, LISTS, *CALLERS):
        assert f"\n{name} " in table, name
