"""Shows how far the search came, and what it found: to machines as one JSON object, to people as lines."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.questions.model.judge import Searched


class Outcome(NamedTuple):
    """`faults`: the promises that broke, each with what was seen; the logs have the shortest orders of events."""

    sequences: int
    faults: tuple[str, ...]
    trouble: tuple[str, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return not (self.faults or self.trouble)

    def as_json(self) -> dict[str, Any]:
        return {
            "sequences": self.sequences,
            "faults": len(self.faults),
            "found": list(self.faults),
            "trouble": list(self.trouble),
            "seconds": round(self.seconds, 1),
            "holds": self.holds,
        }

    def as_table(self) -> str:
        found = [*(f"BROKEN: {fault}" for fault in self.faults), *(f"Not counted: {why}" for why in self.trouble)]
        summary = f"{self.sequences} sequences in {self.seconds:.0f} s: {len(self.faults)} faults."
        return "\n".join([*found, summary, *([] if self.holds else ["--logs DIR keeps the orders of events."])])


def summed(found: Sequence[Searched], seconds: float) -> Outcome:
    faults = tuple(dict.fromkeys(fault for one in found for fault in one.faults))
    trouble = tuple(one.trouble for one in found if one.trouble)
    return Outcome(sum(one.sequences for one in found), faults, trouble, seconds)
