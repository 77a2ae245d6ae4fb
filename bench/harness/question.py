"""The skeleton that every question of the bench shares.

It parses the arguments, makes a directory for logs and files, starts the stack, shows progress, and prints the outcome.
A question adds its own arguments and answers. Its command is the name of its folder, and its docstring begins with what
it asks: so that both are written once.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from bench.harness import conditions
from bench.harness.exit_status import Report, answer
from bench.harness.stack import Stack, running_stack
from engine.core.errors import RecoveryError


class Given(argparse.Namespace):
    """What the command line asked for: these two, and the question's own arguments."""

    json: bool
    logs: Path | None

    def say(self, sentence: str) -> None:
        """Show progress on stderr: stdout has nothing but the outcome."""
        sys.stderr.write(f"{sentence} ...\n")


class Conditioned(NamedTuple):
    """A report, and the conditions under which it was found."""

    report: Report
    conditions: Mapping[str, str]

    @property
    def holds(self) -> bool:
        return self.report.holds

    def as_json(self) -> dict[str, Any]:
        """A question may know of conditions of its own."""
        found = self.report.as_json()
        return found | {"conditions": {**self.conditions, **found.get("conditions", {})}}

    def as_table(self) -> str:
        return "\n".join([self.report.as_table(), "", *(f"{name}: {value}" for name, value in self.conditions.items())])


GivenT = TypeVar("GivenT", bound=Given)
Parse: TypeAlias = Callable[[argparse.ArgumentParser, Sequence[str]], GivenT]


def parse_given(parser: argparse.ArgumentParser, words: Sequence[str]) -> Given:
    return parser.parse_args(words, Given())


@dataclass(frozen=True)
class Question(Generic[GivenT]):
    """`ask` is given a directory for logs and files, which stays if `--logs` names it."""

    package: str
    docstring: str | None
    parse: Parse[GivenT]
    ask: Callable[[GivenT, Path], Report]
    refusals: tuple[type[Exception], ...] = (RecoveryError,)

    @property
    def command(self) -> str:
        return self.package.rpartition(".")[2].replace("_", "-")

    @property
    def summary(self) -> str:
        return (self.docstring or "").partition("\n")[0]

    def main(self, words: Sequence[str]) -> int:
        """Gives the exit status: 0 if the outcome holds."""
        given = self.read(words)
        return answer(partial(self._ask, given), *self.refusals, as_json=given.json)

    def read(self, words: Sequence[str]) -> GivenT:
        """Ends the process with a sentence if the arguments are wrong."""
        parser = argparse.ArgumentParser(prog=f"python -m bench {self.command}", description=self.docstring)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
        parser.add_argument("--logs", type=Path, metavar="DIR", help="keep the logs and files of the run in DIR")
        return self.parse(parser, words)

    def _ask(self, given: GivenT) -> Report:
        with tempfile.TemporaryDirectory(prefix=f"{self.command}-") as scratch:
            directory = Path(given.logs or scratch).absolute()
            directory.mkdir(parents=True, exist_ok=True)
            return Conditioned(self.ask(given, directory), conditions.kept(directory))


def on_stack(
    run: Callable[[Stack, GivenT], Coroutine[Any, Any, Report]],
    on_cluster: Callable[[GivenT], bool] = lambda _: False,
) -> Callable[[GivenT, Path], Report]:
    """For questions that need servers: run them on a stack of their own."""

    def ask(given: GivenT, directory: Path) -> Report:
        given.say("Starting Valkey, PostgreSQL and the tables")
        with running_stack(directory, cluster=on_cluster(given)) as stack:
            return asyncio.run(run(stack, given))

    return ask
