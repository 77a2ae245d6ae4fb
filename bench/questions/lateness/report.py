"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bench.questions.lateness.figures import Figures

_HEAD: Final = (
    f"{'due/s':>6}{'claimed ms p50':>16}{'p99':>8}{'p99.9':>8}{'answered p50':>14}{'p99':>8}{'p99.9':>8}"
    "  CPU ms a message"
)


class Outcome(NamedTuple):
    bots: int
    runs: Sequence[Figures]

    @property
    def holds(self) -> bool:
        """Nothing was early and everything was answered; how late is for the reader to judge."""
        return bool(self.runs) and not any(run.early or run.unanswered or not run.messages for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        first = self.runs[0].as_json() if len(self.runs) == 1 else {}
        return {"bots": self.bots, **first, "runs": [run.as_json() for run in self.runs], "holds": self.holds}

    def as_table(self) -> str:
        lines = [_HEAD, *map(_row, self.runs)]
        verdict = "Nothing was early, and everything was answered." if self.holds else "Something is NOT as it must be."
        return "\n".join([*lines, verdict])


def _row(run: Figures) -> str:
    late = "".join(f"{run.claim_ms[name]:>{width}.1f}" for name, width in (("p50", 16), ("p99", 8), ("p999", 8)))
    answered = "".join(f"{run.answered_ms[name]:>{width}.1f}" for name, width in (("p50", 14), ("p99", 8), ("p999", 8)))
    cpu = " · ".join(f"{name} {value:.2f}" for name, value in run.cpu_ms_per_message.items())
    return f"{run.rate:>6}{late}{answered}  {cpu}"
