"""The page of promises names tests that exist, for each of the ten promises and for each rule."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from bench.__main__ import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
PARTS = ("**Kept by** ", "**Attacked by**\n", "**What remains:** ")
SECTIONS = re.findall(r"^### \d+\. (.+?)$(.+?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
RULES = [line for line in PAGE.splitlines() if line.startswith("| ") and "tests/" in line]


def _named(text: str) -> list[tuple[str, str]]:
    """The tests of a text, each with the file that was named last before it."""
    named, file = [], ""
    for word in re.findall(r"`((?:tests/[\w/]+\.py)|(?:test_\w+))`", text):
        if word.startswith("tests/"):
            file = word
        else:
            named.append((file, word))
    return named


@cache
def _defined(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("file", "test"), sorted({*_named(PAGE)}))
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    assert test in _defined(file)


def test_there_are_ten_promises_and_each_has_its_parts_and_its_tests() -> None:
    assert len(SECTIONS) == 10
    for promise, section in SECTIONS:
        places = [section.find(part) for part in PARTS]
        assert -1 not in places, promise
        assert places == sorted(places), promise
        assert _named(section[places[1] : places[2]]), promise


def test_each_rule_has_a_test_that_notices() -> None:
    assert len(RULES) > 10
    assert [rule for rule in RULES if not _named(rule.split("|")[3])] == []


def test_a_question_that_is_named_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    questions = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert {*re.findall(r"`python -m bench ([\w-]+)", PAGE)} <= questions
