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
_PATIENCE_S: Final = 1_200
_QUICK_PATIENCE_S: Final = 300
"""The longest question takes a third less on two cores, and all of them together less than an hour."""
_GRACE_S: Final = 60
"""To end what it has started. Then it is killed, and its servers die with it."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`figures` is None if the question failed; then `failure` says how. The one below `asked` is the command."""

    asked: str
    seconds: int
    quick: bool
    figures: dict[str, Any] | None = None
    failure: str = ""


class Printed(NamedTuple):
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
    patience_s = _QUICK_PATIENCE_S if quick else _PATIENCE_S
    printed, failure = run([sys.executable, "-m", *words, "--json"], patience_s)
    asked, seconds = f"python -m {' '.join(words)}", round(time.monotonic() - began_s)
    try:
        figures = msgspec.json.decode(printed.out, type=dict[str, Any])
    except msgspec.DecodeError:
        last = " ".join(printed.err.strip().splitlines()[-_LAST_LINES:])
        return Answer(asked, seconds, quick, failure=failure or last or "it printed no figures")
    return Answer(asked, seconds, quick, figures)


def run(command: Sequence[str], patience_s: float, grace_s: float = _GRACE_S) -> tuple[Printed, str]:
    """What it printed, and why it had to be ended. SIGTERM first, so that it leaves nothing running."""
    process = subprocess.Popen(  # noqa: S603 - our own questions
        command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    try:
        return Printed(*process.communicate(timeout=patience_s)), ""
    except subprocess.TimeoutExpired:
        return _ended(process, grace_s), f"it was not over within {patience_s:g} s"
    except KeyboardInterrupt:
        _ended(process, grace_s)
        raise


def _ended(process: subprocess.Popen[str], grace_s: float) -> Printed:
    process.terminate()
    try:
        return Printed(*process.communicate(timeout=grace_s))
    except subprocess.TimeoutExpired:
        process.kill()
        return Printed(*process.communicate())
