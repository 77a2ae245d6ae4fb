"""What the model test prints is read as it was meant, and nothing that it did not run counts."""

import pytest

from bench.harness.pytest_runs import Ended
from bench.questions.model.judge import Searched, judge
from bench.questions.model.question import shares
from bench.questions.model.report import summed

CLEAN = "500 sequences\n.\n1 passed in 9.1s\n"
BROKEN = """12 sequences
F
    hold("never twice", kept=message not in self.wire)
E   tests.model.promises.BrokenError: never twice: {'message': 1}
E   Falsifying example:
FAILED tests/model/test_model.py::test_no_order - tests.model.promises.BrokenError: never twice: {'message': 1}
1 failed in 3.2s
"""
DIFFERENT = """12 sequences
F
  | tests.model.promises.BrokenError: nothing is early: {}
  | tests.model.promises.BrokenError: never twice: {}
1 failed in 3.2s
"""


@pytest.mark.parametrize(
    ("status", "output", "found"),
    [
        (0, CLEAN, Searched(500, (), "")),
        (1, BROKEN, Searched(12, ("never twice: {'message': 1}",), "")),
        (1, DIFFERENT, Searched(12, ("nothing is early: {}", "never twice: {}"), "")),
        (0, "1 skipped in 0.1s\n", Searched(0, (), "pytest ended with status 0: 1 skipped in 0.1s")),
        (1, "1 error in 0.1s\n", Searched(0, (), "pytest ended with status 1: 1 error in 0.1s")),
        (-9, CLEAN, Searched(500, (), "pytest ended with status -9: 1 passed in 9.1s")),
    ],
)
def test_a_search_says_how_far_it_came_and_what_broke(status: int, output: str, found: Searched) -> None:
    assert judge(Ended(status, output, 1.0)) == found


def test_sequences_are_shared_out_without_a_rest() -> None:
    assert shares(1) == [1]
    assert shares(10_000) == [500] * 20
    assert shares(501) == [500, 1]


def test_what_all_searches_found_holds_only_without_fault_and_trouble() -> None:
    clean, broken, lost = Searched(5, (), ""), Searched(2, ("never twice",), ""), Searched(0, (), "status 4")
    assert summed([clean, clean], 1.0).holds
    outcome = summed([clean, broken, broken, lost], 2.0)
    assert not outcome.holds
    assert not summed([clean, lost], 2.0).holds
    found = outcome.as_json()
    assert (found["sequences"], found["faults"], found["found"]) == (9, 1, ["never twice"])
    assert outcome.as_table().splitlines()[0] == "BROKEN: never twice"
