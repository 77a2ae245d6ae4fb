"""The skeleton of a question: its command, its arguments, its directory, and how it ends."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench.harness import conditions
from bench.harness.exit_status import Report
from bench.harness.question import Given, Question, parse_given
from engine.core.errors import RecoveryError


class Answer(NamedTuple):
    holds: bool

    def as_json(self) -> dict[str, Any]:
        return {"holds": self.holds}

    def as_table(self) -> str:
        return "a table"


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    parser.add_argument("--chats", type=int, default=3)
    return parse_given(parser, words)


def question(ask: Callable[[Given, Path], Report]) -> Question[Given]:
    return Question("bench.questions.two_words", "What is asked?\n\nMore about it.", parse, ask)


def holding(_given: Given, _directory: Path) -> Report:
    return Answer(holds=True)


def test_its_command_is_its_folder_and_its_summary_the_first_line() -> None:
    asked = question(holding)
    assert (asked.command, asked.summary) == ("two-words", "What is asked?")


def test_its_help_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        question(holding).main(["--help"])
    shown = capsys.readouterr().out
    assert shown.startswith("usage: python -m bench two-words ")
    assert "More about it." in shown


@pytest.mark.parametrize(("holds", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_shows_whether_the_outcome_holds(
    capsys: pytest.CaptureFixture[str], *, holds: bool, status: int
) -> None:
    asked = question(lambda _given, _directory: Answer(holds))
    assert (asked.main([]), capsys.readouterr().out.partition("\n")[0]) == (status, "a table")
    assert (asked.main(["--json"]), json.loads(capsys.readouterr().out)["holds"]) == (status, holds)


def test_the_conditions_stand_with_the_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the servers are kept in the directory of the run, however deep."""

    def measured(_given: Given, directory: Path) -> Report:
        (directory / "stack").mkdir()
        conditions.keep(directory / "stack", {"Valkey": "9, appendonly yes"})
        return Answer(holds=True)

    asked = question(measured)
    asked.main([])
    assert "\nValkey: 9, appendonly yes\n" in capsys.readouterr().out
    asked.main(["--json"])
    found = json.loads(capsys.readouterr().out)["conditions"]
    assert {"cores", "Python", "packages", "batch sizes", "Valkey"} <= found.keys()


def test_a_question_adds_conditions_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    class Peers(Answer):
        def as_json(self) -> dict[str, Any]:
            return {"holds": self.holds, "conditions": {"Node": "20"}}

    question(lambda _given, _directory: Peers(holds=True)).main(["--json"])
    assert {"Node", "Python"} <= json.loads(capsys.readouterr().out)["conditions"].keys()


def test_a_refusal_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_given: Given, _directory: Path) -> Report:
        raise RecoveryError("There is nothing to measure.")

    assert question(refuse).main([]) == 1
    assert tuple(capsys.readouterr()) == ("", "There is nothing to measure.\n")


def test_an_interruption_has_a_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_given: Given, _directory: Path) -> Report:
        raise KeyboardInterrupt

    assert question(interrupt).main([]) == 130
    assert capsys.readouterr().err == "Interrupted. Nothing is left running.\n"


def test_its_files_are_kept_only_where_it_is_asked_to(tmp_path: Path) -> None:
    used: list[Path] = []

    def write(given: Given, directory: Path) -> Report:
        given.say(f"Writing for {given.chats} chats")
        (directory / "a.log").write_text("a line")
        used.append(directory)
        return Answer(holds=True)

    kept = tmp_path / "new" / "logs"
    assert question(write).main(["--logs", str(kept)]) == question(write).main([]) == 0
    assert used[0] == kept
    assert (kept / "a.log").read_text() == "a line"
    assert not used[1].exists()
