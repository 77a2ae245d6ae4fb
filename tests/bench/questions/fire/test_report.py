"""The figures of fire, from turns made by hand."""

import pytest

from bench.harness.chapter import judge
from bench.harness.rounds import Turn
from bench.questions.fire.chapter import CHAPTER
from bench.questions.fire.report import CLAIM, FIRE, STATEMENTS, Outcome


def turn(per_s: int) -> Turn:
    return Turn(per_s, 1.0, {"pollers": 2.0, "postgres": 1.0})


def outcome(fire: int = 12_000, claim: int = 150_000, statements: int = 40_000, sent: int = 100) -> Outcome:
    figures = {FIRE: fire, CLAIM: claim, STATEMENTS: statements}
    return Outcome(60, 2, 100, sent, {name: [turn(per_s)] * 3 for name, per_s in figures.items()})


def test_the_json_has_the_figures_by_name() -> None:
    found = outcome().as_json()
    assert (found["fire_per_s"], found["raw_claim_per_s"], found["raw_statements_per_s"]) == (12_000, 150_000, 40_000)
    assert outcome(fire=1_000).as_json()["cpu_ms_per_message"] == {"pollers": 2.0, "postgres": 1.0, "total": 3.0}


@pytest.mark.parametrize(("claim", "statements"), [(150_000, 40_000), (40_000, 150_000)])
def test_the_ceiling_is_the_slower_server(claim: int, statements: int) -> None:
    assert outcome(claim=claim, statements=statements).ratio.median == 0.3


def test_it_holds_if_nothing_is_lost() -> None:
    assert outcome(fire=1).holds
    assert not outcome(sent=99).holds


def test_the_chapter_finds_its_figures() -> None:
    found = outcome().as_json()
    assert [judged.measured for judged in judge(CHAPTER.goals, found)] == [12_000, 0.3]
    for table in CHAPTER.tables(found):
        assert all(len(row) == len(table.head) for row in table.rows)
    assert [plot.series["timers a second"] for plot in CHAPTER.plots(found)] == [[12_000, 40_000, 150_000]]


def test_the_table_has_a_line_for_each_contestant() -> None:
    table = outcome().as_table()
    for name in (FIRE, CLAIM, STATEMENTS):
        assert f"\n{name} " in table, name
