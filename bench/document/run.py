"""Asks questions one after the other, each in a process of its own, so that one that fails does not lose the others."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_ROOT: Final = Path(__file__).parents[2]
_LAST_LINES: Final = 3
_PATIENCE_S: Final = 1_800


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`figures` is None if the question failed; then `failure` says how. The one below `asked` is the command."""

    asked: str
    seconds: int
    quick: bool
    figures: dict[str, Any] | None = None
    failure: str = ""


class _Printed(NamedTuple):
    out: str
    err: str


def ask_all(questions: Sequence[str], directory: Path, *, quick: bool) -> None:
    """Leaves one JSON file for each question."""
    directory.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    columns = TextColumn("{task.description:<40}"), BarColumn(), TextColumn("{task.completed}/{task.total}")
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=len(questions))
        for name in questions:
            progress.update(task, description=f"python -m bench {name}")
            answer = _ask(name, quick=quick)
            keep(directory, name, answer)
            console.print(f"{name}: {answer.failure or 'answered'} ({answer.seconds} s)")
            progress.advance(task)


def keep(directory: Path, name: str, answer: Answer) -> None:
    """Laid out for people and for the history of changes."""
    (directory / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(answer), indent=1) + b"\n")


def read(directory: Path, name: str) -> Answer | None:
    """None if it was never asked."""
    path = directory / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Answer) if path.exists() else None


def _ask(name: str, *, quick: bool) -> Answer:
    words = ["bench", name, *(["--quick"] if quick else [])]
    began_s = time.monotonic()
    printed, failure = _printed([sys.executable, "-m", *words, "--json"])
    asked, seconds = f"python -m {' '.join(words)}", round(time.monotonic() - began_s)
    try:
        figures = msgspec.json.decode(printed.out, type=dict[str, Any])
    except msgspec.DecodeError:
        last = " ".join(printed.err.strip().splitlines()[-_LAST_LINES:])
        return Answer(asked, seconds, quick, failure=failure or last or "it printed no figures")
    return Answer(asked, seconds, quick, figures)


def _printed(command: Sequence[str]) -> tuple[_Printed, str]:
    """What it printed, and why it had to be ended. SIGTERM first, so that it leaves nothing running."""
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own questions
    try:
        return _Printed(*process.communicate(timeout=_PATIENCE_S)), ""
    except subprocess.TimeoutExpired:
        process.terminate()
        return _Printed(*process.communicate()), f"it was not over within {_PATIENCE_S} s"
    except KeyboardInterrupt:
        process.terminate()
        process.communicate()
        raise
