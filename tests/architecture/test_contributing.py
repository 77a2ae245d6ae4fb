"""The checklists name files and commands that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TO_BE_WRITTEN = {"lua/verb_noun.lua"}
TOP = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name != ".venv"))
NAMED = set(re.findall(rf"(?<![\w./])(?:{TOP})/[\w./-]*[\w/]", PAGE)) - TO_BE_WRITTEN
LINKED = set(re.findall(r"\]\(([^)#]+)\)", PAGE))


@pytest.mark.parametrize("path", sorted(NAMED | LINKED))
def test_a_path_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_many_paths_are_named() -> None:
    assert {"bot/screens/", "tests/poller", "migrations/versions/", "bench/harness/question.py"} <= NAMED


def test_its_commands_are_commands_of_dev() -> None:
    commands = set(re.findall(r"\./dev (\w+)", PAGE))
    known = re.findall(r"^  (\w+)\)", (ROOT / "dev").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands <= {*known}


def test_its_example_of_a_subject_keeps_the_rule() -> None:
    (example,) = re.findall(r"`(poller: [^`]+)`", PAGE)
    assert len(example) <= 72
