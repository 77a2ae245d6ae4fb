"""The figures of touch, from turns made by hand."""

import pytest

from bench.harness.rounds import Turn
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
    ("lists", "single", "raw", "holds"),
    [
        (190_000, 120_000, 200_000, True),
        (189_000, 120_000, 200_000, False),
        (190_000, 119_000, 200_000, False),
        (95_000, 65_000, 100_000, True),
        (95_000, 64_000, 100_000, False),
    ],
)
def test_single_awaits_may_reach_their_number_or_their_share(lists: int, single: int, raw: int, *, holds: bool) -> None:
    assert outcome(lists, single, raw).holds is holds


def test_the_table_has_a_line_for_each_contestant() -> None:
    table = outcome().as_table()
    for name in (RAW, ZADD, LISTS, *CALLERS):
        assert f"\n{name} " in table, name
