"""The figures of ingest, from turns made by hand."""

import pytest

from bench.harness.rounds import Turn
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


@pytest.mark.parametrize(("webhook", "holds"), [(7_000, True), (6_999, True), (6_990, False)])
def test_the_receiver_takes_its_share_of_a_bare_handler(webhook: int, *, holds: bool) -> None:
    assert outcome(webhook).holds is holds


def test_the_table_has_a_line_for_each_contestant() -> None:
    table = outcome().as_table()
    for name in (WEBHOOK, BARE, POLLING):
        assert f"\n{name} " in table, name
