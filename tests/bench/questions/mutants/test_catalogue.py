"""Every known fault can be put into the project as it is now, and names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from bench.questions.mutants.catalogue import MUTANTS, decisions, pollers, receivers, scripts, sharing, statements
from bench.questions.mutants.mutant import Mutant, check
from engine.core.errors import RecoveryError

ROOT = Path(__file__).parents[4]
ROOMS = (scripts, sharing, statements, decisions, pollers, receivers)

each_mutant = pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)


@cache
def _defined(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@each_mutant
def test_a_fault_changes_the_project_as_it_is(mutant: Mutant) -> None:
    sound = (ROOT / mutant.path).read_text(encoding="utf-8")
    changed = mutant.changed(sound)
    assert changed != sound
    if mutant.path.endswith(".py"):
        ast.parse(changed)


@each_mutant
def test_the_tests_that_must_notice_exist(mutant: Mutant) -> None:
    assert mutant.tests
    for test in mutant.tests:
        file, _, name = test.partition("::")
        assert name in _defined(file), test


@each_mutant
def test_a_fault_has_a_name_and_a_reason(mutant: Mutant) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", mutant.name)
    assert len(mutant.why) > 10


def test_no_two_faults_are_the_same() -> None:
    listed = [mutant for room in ROOMS for mutant in room.MUTANTS]
    assert len({mutant.name for mutant in listed}) == len(listed)
    assert len({(mutant.path, mutant.old, mutant.new) for mutant in listed}) == len(listed)


def test_every_outdated_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.lua").write_text("twice twice once")
    mutants = [
        Mutant(name, "known", "one.lua", name, "never", ("tests/x.py::test_x",)) for name in ("once", "twice", "gone")
    ]
    with pytest.raises(RecoveryError) as refused:
        check(mutants, tmp_path)
    lines = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["twice", "gone"]
