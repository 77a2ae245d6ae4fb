"""One pace is told on the top of the JSON, both by pace; each herd is compared with aiogram in the same round."""

from bench.harness.chapter import judge
from bench.questions.send.aiogram_alone import Done
from bench.questions.send.chapter import CHAPTER
from bench.questions.send.figures import Figures, Herd
from bench.questions.send.report import Compared, Outcome

_CPU = {"receiver": 0.01, "pollers": 0.45, "valkey": 0.05, "postgres": 0.1, "total": 0.61}


def _compared(pace: int, bots: int, per_s: float, refused: int = 0) -> Compared:
    herd = Herd(pace, bots, 400, limited=pace == 25)
    return Compared(Figures(herd, 400 * bots, 0, refused, 0, per_s, _CPU), Done(400 * bots, 10.0, 6.0))


def test_one_pace_is_told_on_the_top_as_the_median_of_its_rounds() -> None:
    rounds = [_compared(1_000, 50, per_s) for per_s in (1_000, 3_500, 3_000)]
    told = Outcome({1_000: rounds}).as_json()
    assert (told["per_s"], told["cpu_ms_per_message"]["total"], told["cpu_ratio_to_aiogram"]) == (3_000, 0.61, 1.5)
    assert told["holds"]


def test_a_refusal_in_any_round_is_told() -> None:
    found = Outcome({25: [_compared(25, 60, 1_480), _compared(25, 60, 1_480, 1), _compared(25, 60, 1_480)]})
    assert (found.as_json()["refused"], found.holds) == (1, False)


def test_every_goal_finds_its_figure() -> None:
    told = Outcome({1_000: [_compared(1_000, 50, 3_500)], 25: [_compared(25, 60, 1_480)]}).as_json()
    judged = judge(CHAPTER.goals, told)
    assert all(one.measured is not None for one in judged)
    assert [one.met for one in judged] == [True, False, True, True, True, True]
    assert all(len(table.head) == len(row) for table in CHAPTER.tables(told) for row in table.rows)
