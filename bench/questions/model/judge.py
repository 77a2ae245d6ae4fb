"""What the model test's own words say: how many sequences it ran, and which promises broke. Pure."""

import re
from typing import Final, NamedTuple

from bench.harness.pytest_runs import Ended

_RAN: Final = re.compile(r"^\.?(\d+) sequences$", re.MULTILINE)
_BROKEN: Final = re.compile(r"^(?:E|  [|+ ])\s+\S*BrokenError: (.+)$", re.MULTILINE)


class Searched(NamedTuple):
    """What one process found. `trouble`: why it does not count; otherwise empty."""

    sequences: int
    faults: tuple[str, ...]
    trouble: str


def judge(ended: Ended) -> Searched:
    """Status 0 is a search without a fault, 1 one that failed."""
    sequences = sum(map(int, _RAN.findall(ended.output)))
    faults = tuple(dict.fromkeys(_BROKEN.findall(ended.output)))
    explained = (ended.status == 0 and sequences) or (ended.status == 1 and faults)
    return Searched(sequences, faults, "" if explained else ended.last_words)
