"""The figures of ingest, from turns made by hand."""

from bench.harness.chapter import judge
from bench.harness.rounds import Turn
from bench.questions.ingest.chapter import CHAPTER
from bench.questions.ingest.report import BARE, POLLING, WEBHOOK, Outcome


def turn(per_s: int) -> Turn:
    return Turn(per_s, 1.0, {"receiver": 0.5, "postgres": 1e-9})


def outcome(webhook: int = 7_000, bare: int = 10_000) -> Outcome:
    figures = {WEBHOOK: webhook, BARE: bare, POLLING: 20_000}
    return Outcome(8, {name: [turn(per_s)] * 3 for name, per_s in figures.items()})


def test_the_json_has_the_figures_by_name() -> None:
    found = outcome().as_json()
    assert (found["webhook_per_s"], found["bare_per_s"], found["polling_per_s"]) == (7_000, 10_000, 20_000)
    assert found["webhook_ratio_to_bare"] == 0.7


def test_a_process_that_had_no_part_in_it_is_left_out() -> None:
    assert outcome().as_json()["cpu_us"][BARE] == {"receiver": 50.0}


def test_a_turn_without_an_update_makes_the_figures_worthless() -> None:
    assert outcome().holds
    assert not outcome(webhook=0).holds


def test_the_chapter_finds_its_figures() -> None:
    found = outcome().as_json()
    assert [judged.met for judged in judge(CHAPTER.goals, found)] == [True]
    assert [judged.met for judged in judge(CHAPTER.goals, outcome(6_990).as_json())] == [False]
    for table in CHAPTER.tables(found):
        assert all(len(row) == len(table.head) for row in table.rows)
    assert [plot.series["updates a second"] for plot in CHAPTER.plots(found)] == [[7_000, 10_000, 20_000]]


def test_the_table_has_a_line_for_each_contestant() -> None:
    table = outcome().as_table()
    for name in (WEBHOOK, BARE, POLLING):
        assert f"\n{name} " in table, name
