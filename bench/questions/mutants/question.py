"""Which known faults would the tests not notice?

Each fault of the catalogue is put into a copy of the project, one at a time: faults for which other timer and job
systems are known, and each rule of the protocol left out. Then the tests run that must notice it. A fault that they do
not notice is a survivor: a test is missing. First the same tests run without any fault, and all of them must pass.
"""

import argparse
import os
import random
import tempfile
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
from bench.questions.mutants.catalogue import MUTANTS
from bench.questions.mutants.judge import PASSED, Tried, Verdict, judge, noticed_by
from bench.questions.mutants.mutant import Mutant, check
from bench.questions.mutants.report import Outcome
from bench.questions.mutants.workshop import Workshop
from engine.core.errors import RecoveryError

_ROOT: Final = Path(__file__).parents[3]
_DOZEN: Final = 12
_MOST_JOBS: Final = 64
_LARGEST_SEED: Final = 1_000_000
OPTIONS: Final = ("--exitfirst", "--hypothesis-seed=0", "--timeout=120", "-rfE", "--tb=line")


class Wanted(Given):
    quick: bool
    seed: int
    jobs: int
    only: list[str]


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--quick", action="store_true", help="try a dozen, chosen by the seed")
    parser.add_argument("--seed", type=whole(0, _LARGEST_SEED), default=7, help="chooses the dozen")
    parser.add_argument(
        "--jobs", type=whole(1, _MOST_JOBS), default=os.cpu_count() or 1, help="how many tests run side by side"
    )
    parser.add_argument(
        "--only", action="append", default=[], choices=MUTANTS, metavar="NAME", help="try this fault; repeatable"
    )
    return parser.parse_args(words, Wanted())


def chosen(given: Wanted) -> list[Mutant]:
    if given.only:
        return [MUTANTS[name] for name in given.only]
    everything = list(MUTANTS.values())
    return random.Random(given.seed).sample(everything, _DOZEN) if given.quick else everything


def _ask(given: Wanted, directory: Path) -> Report:
    """Raises RecoveryError."""
    check(MUTANTS.values(), _ROOT)
    mutants, began_s = chosen(given), time.monotonic()
    with tempfile.TemporaryDirectory(dir=directory, prefix="copies-") as copies:
        given.say("Copying the project")
        shops = [Workshop(_ROOT, Path(copies) / str(number)) for number in range(min(given.jobs, len(mutants)))]
        given.say("Running the tests without any fault")
        _require_sound(mutants, shops, directory)
        given.say("Putting the faults in")
        tried = _try_all(mutants, shops, directory)
    return Outcome(tried, {mutant.name: mutant.why for mutant in mutants}, time.monotonic() - began_s)


class _Trial(NamedTuple):
    """Tests to run, with a fault put in or without any."""

    name: str
    tests: Sequence[str]
    fault: Mutant | None = None


def _start(directory: Path, trial: _Trial, shop: Workshop) -> PytestRun:
    if trial.fault:
        shop.put_in(trial.fault)
    return PytestRun([*OPTIONS, *trial.tests], place=shop.place, log=directory / f"{trial.name}.log")


def _require_sound(mutants: Sequence[Mutant], shops: Sequence[Workshop], directory: Path) -> None:
    """Raises RecoveryError if one of the tests fails without any fault: then it could not show one."""
    tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
    trials = [_Trial(f"sound-{number}", tests[number :: len(shops)]) for number in range(min(len(shops), len(tests)))]
    run_side_by_side(trials, shops, partial(_start, directory), _require_passed)


def _require_passed(trial: _Trial, _shop: Workshop, ended: Ended) -> None:
    if ended.status != PASSED:
        raise RecoveryError(f"The tests fail without any fault ({trial.name}): {noticed_by(ended) or ended.last_words}")


def _try_all(mutants: Sequence[Mutant], shops: Sequence[Workshop], directory: Path) -> list[Tried]:
    tried: list[Tried] = []
    console = Console(stderr=True)
    columns = TextColumn("{task.description:<40}"), BarColumn(), TextColumn("{task.completed}/{task.total}")
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=len(mutants))

        def note(trial: _Trial, shop: Workshop, ended: Ended) -> None:
            shop.take_out()
            one = judge(trial.name, ended)
            tried.append(one)
            progress.update(task, description=trial.name, advance=1)
            if one.verdict is not Verdict.KILLED:
                console.print(f"{trial.name}: {one.verdict} {one.detail}")

        trials = [_Trial(mutant.name, mutant.tests, mutant) for mutant in mutants]
        run_side_by_side(trials, shops, partial(_start, directory), note)
    return tried


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)
