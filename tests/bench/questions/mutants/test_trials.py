"""What the end of a test run says about a fault, which faults are tried, and that each is taken out again."""

import time
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from bench.harness.pytest_runs import Ended, PytestRun
from bench.questions.mutants.catalogue import MUTANTS
from bench.questions.mutants.judge import Tried, Verdict, judge
from bench.questions.mutants.mutant import Mutant
from bench.questions.mutants.question import OPTIONS, QUESTION, chosen
from bench.questions.mutants.report import Outcome
from bench.questions.mutants.workshop import PARTS, Workshop

FAILED = "....F\nFAILED tests/lua/test_a.py::test_b[fakeredis] - assert 1 == 2\n1 failed, 4 passed in 0.1s\n"
NO_SERVER = "E\nERROR tests/lua/test_a.py::test_b - OSError: no port\n1 error in 0.1s\n"


@pytest.mark.parametrize(
    ("status", "output", "verdict", "detail"),
    [
        (1, FAILED, Verdict.KILLED, "tests/lua/test_a.py::test_b"),
        (0, "5 passed in 0.1s\n", Verdict.SURVIVED, ""),
        (1, NO_SERVER, Verdict.UNTRIED, "pytest ended with status 1: 1 error in 0.1s"),
        (
            4,
            "ERROR: not found: tests/gone.py\n",
            Verdict.UNTRIED,
            "pytest ended with status 4: ERROR: not found: tests/gone.py",
        ),
        (2, FAILED, Verdict.UNTRIED, "pytest ended with status 2: 1 failed, 4 passed in 0.1s"),
        (-9, "", Verdict.UNTRIED, "pytest ended with status -9: it printed nothing"),
    ],
)
def test_only_a_test_that_failed_has_noticed(status: int, output: str, verdict: Verdict, detail: str) -> None:
    assert judge("fault", Ended(status, output, 1.5)) == Tried("fault", verdict, detail, 1.5)


def test_a_real_run_of_pytest_is_understood(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "def test_one(): assert 1\ndef test_two(): assert 0\ndef test_three(): 1 / 0\n"
    )
    verdicts = []
    for test in ("test_one", "test_two", "test_four"):
        started = PytestRun([*OPTIONS, f"test_it.py::{test}"], place=tmp_path, log=tmp_path / "log")
        while not (ended := started.ended()):
            time.sleep(0.01)
        verdicts.append(judge(test, ended)[1:3])
    assert verdicts[:2] == [(Verdict.SURVIVED, ""), (Verdict.KILLED, "test_it.py::test_two")]
    assert verdicts[2][0] is Verdict.UNTRIED


def test_an_outcome_holds_only_if_every_fault_was_noticed() -> None:
    killed = Tried("one", Verdict.KILLED, "tests/a.py::test_a", 1.0)
    survivor, untried = Tried("two", Verdict.SURVIVED, "", 1.0), Tried("three", Verdict.UNTRIED, "status 4", 1.0)
    why = {"one": "a", "two": "known for it", "three": "c"}
    assert Outcome([killed], why, 1.0).holds
    outcome = Outcome([killed, survivor, untried], why, 3.0)
    assert not outcome.holds
    assert not Outcome([killed, untried], why, 2.0).holds
    found = outcome.as_json()
    assert (found["total"], found["killed"], found["survivors"], found["untried"]) == (3, 1, ["two"], ["three"])
    assert "known for it" in outcome.as_table()
    assert outcome.as_table().endswith("3 faults: 1 noticed, 1 SURVIVED, 1 not tried.")


def test_a_quick_run_tries_the_same_dozen_for_the_same_seed() -> None:
    dozen = chosen(QUESTION.read(["--quick"]))
    assert len({mutant.name for mutant in dozen}) == 12
    assert dozen == chosen(QUESTION.read(["--quick", "--seed", "7"]))
    assert dozen != chosen(QUESTION.read(["--quick", "--seed", "8"]))
    assert len(chosen(QUESTION.read([]))) == len(MUTANTS)
    assert chosen(QUESTION.read(["--only", "redis-first"])) == [MUTANTS["redis-first"]]


def test_a_fault_is_put_in_and_taken_out_and_python_sees_it(tmp_path: Path) -> None:
    """What Python compiled counts as current if size and second of the source are the same."""
    root = tmp_path / "project"
    for part in PARTS:
        place = root / part
        place.parent.mkdir(exist_ok=True)
        place.touch() if "." in part else place.mkdir()
    (root / "engine" / "one.py").write_text("YES = 1\n")
    shop = Workshop(root, tmp_path / "copy")
    copy = shop.place / "engine" / "one.py"
    compiled = Path(cache_from_source(str(copy)))
    compiled.parent.mkdir()
    for _ in range(2):
        compiled.touch()
        shop.put_in(Mutant("fault", "known", "engine/one.py", "1", "2", ()))
        assert copy.read_text() == "YES = 2\n"
        assert not compiled.exists()
        compiled.touch()
        shop.take_out()
        assert copy.read_text() == "YES = 1\n"
        assert not compiled.exists()
    assert (root / "engine" / "one.py").read_text() == "YES = 1\n"
