"""What the end of a test run says about a fault. Pure."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from bench.harness.pytest_runs import Ended

PASSED: Final = 0
_FAILED: Final = 1


class Verdict(StrEnum):
    KILLED = "killed"
    """A test noticed."""
    SURVIVED = "survived"
    UNTRIED = "untried"
    """The tests did not run to an end that says anything."""


class Tried(NamedTuple):
    """`detail`: the test that noticed, or why nothing is known."""

    name: str
    verdict: Verdict
    detail: str
    seconds: float


def noticed_by(ended: Ended) -> str | None:
    """The test that failed. A test whose servers did not start has noticed nothing."""
    failed = re.search(r"^FAILED (\S+?\.py::\w+)", ended.output, re.MULTILINE)
    return failed[1] if failed and ended.status == _FAILED else None


def judge(name: str, ended: Ended) -> Tried:
    if test := noticed_by(ended):
        return Tried(name, Verdict.KILLED, test, ended.seconds)
    if ended.status == PASSED:
        return Tried(name, Verdict.SURVIVED, "", ended.seconds)
    return Tried(name, Verdict.UNTRIED, ended.last_words, ended.seconds)
