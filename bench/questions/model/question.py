"""Which order of events breaks a promise?

The model test runs random orders of events on the real scripts and statements: people write, pay and block; pollers die
at every door; servers fail, are emptied, fail over to a copy that lags; receivers and pollers take over from each
other; admins publish and stop. Whatever leaves is compared with a model that shares no code with the engine. Half of
the processes use Valkey, half of them its fake; a seed makes a run repeatable.
"""

import argparse
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.harness.arguments import whole
from bench.harness.exit_status import Report
from bench.harness.pytest_runs import Ended, PytestRun, run_side_by_side
from bench.harness.question import Given, Question
from bench.questions.model.judge import Searched, judge
from bench.questions.model.report import summed

_ROOT: Final = Path(__file__).parents[3]
_MOST: Final = 100_000_000
_MOST_JOBS: Final = 64
_LARGEST_SEED: Final = 1_000_000
_ALIKE: Final = 500
"""A process gets no more than this: Hypothesis slows down as it remembers what it has tried."""
_GROUNDS: Final = ("valkey", "fakeredis")


class Wanted(Given):
    sequences: int
    seed: int
    jobs: int


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--sequences", type=whole(1, _MOST), default=10_000, help="orders of events, in all")
    parser.add_argument("--seed", type=whole(0, _LARGEST_SEED), default=7, help="of the first process; others count on")
    parser.add_argument(
        "--jobs", type=whole(1, _MOST_JOBS), default=os.cpu_count() or 1, help="how many processes run side by side"
    )
    return parser.parse_args(words, Wanted())


def shares(sequences: int) -> list[int]:
    """How many sequences each process runs."""
    full, rest = divmod(sequences, _ALIKE)
    return [_ALIKE] * full + ([rest] if rest else [])


def _ask(given: Wanted, directory: Path) -> Report:
    began_s = time.monotonic()
    found: list[Searched] = []
    columns = TextColumn("sequences"), BarColumn(), TextColumn("{task.completed}/{task.total}")
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=given.sequences)

        def note(search: _Search, _place: int, ended: Ended) -> None:
            found.append(judge(ended))
            progress.advance(task, search.sequences)

        searches = [_Search(number, share, given.seed + number) for number, share in enumerate(shares(given.sequences))]
        run_side_by_side(searches, range(given.jobs), partial(_start, directory), note)
    return summed(found, time.monotonic() - began_s)


class _Search(NamedTuple):
    number: int
    sequences: int
    seed: int


def _start(directory: Path, search: _Search, _place: int) -> PytestRun:
    ground = _GROUNDS[search.number % len(_GROUNDS)]
    test = f"tests/model/test_model.py::test_no_order_of_events_breaks_a_promise[{ground}]"
    words = ["-s", "--timeout=0", "--hypothesis-profile=long", f"--hypothesis-seed={search.seed}", test]
    env = {"MODEL_SEQUENCES": str(search.sequences)}
    return PytestRun(words, place=_ROOT, log=directory / f"search-{search.number}.log", env=env)


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)
