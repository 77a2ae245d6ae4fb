"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.harness.medians import medians, spreads
from bench.questions.lateness.figures import Figures

_HEAD: Final = (
    f"{'':<13}{'due/s':>6}{'claimed ms p50':>16}{'p99':>8}{'p99.9':>8}{'answered p50':>14}{'p99':>8}{'p99.9':>8}"
    "  CPU ms a message"
)

_LEAST_LOAD: Final = 0.95
"""Of the rate, and of the touches beside it."""


class Outcome(NamedTuple):
    """By load and rate, the figures of each round."""

    bots: int
    found: Mapping[str, Mapping[int, Sequence[Figures]]]

    @property
    def holds(self) -> bool:
        """The load was there, nothing was early, everything was answered; how late is for the reader to judge."""
        runs = [run for rates in self.found.values() for rounds in rates.values() for run in rounds]
        return bool(runs) and not any(run.early or run.unanswered or _was_spared(run) for run in runs)

    def as_json(self) -> dict[str, Any]:
        loads = {
            load: {str(rate): _summary(rounds) for rate, rounds in rates.items()} for load, rates in self.found.items()
        }
        (first, *more) = loads.values()
        one = not more and len(first) == 1
        return {"bots": self.bots, **(next(iter(first.values())) if one else loads), "holds": self.holds}

    def as_table(self) -> str:
        lines = [_row(load, _summary(rounds)) for load, rates in self.found.items() for rounds in rates.values()]
        verdict = (
            "The load was there, nothing was early, and everything was answered."
            if self.holds
            else "Something is NOT as it must be."
        )
        return "\n".join([_HEAD, *lines, verdict])


def _was_spared(run: Figures) -> bool:
    """A machine that is too slow to bring the load would show an engine that is never late."""
    return run.due_per_s < _LEAST_LOAD * run.rate or run.touches_per_s < _LEAST_LOAD * run.touches


def _summary(rounds: Sequence[Figures]) -> dict[str, Any]:
    """Medians; but what must not happen is counted in all rounds."""
    runs = [run.as_json() for run in rounds]
    never = {name: sum(run[name] for run in runs) for name in ("early", "unanswered")}
    return medians(runs) | never | {"rounds": len(runs), "spread": spreads(runs)}


def _row(load: str, run: Mapping[str, Any]) -> str:
    late = "".join(f"{run['claim_ms'][name]:>{width}.1f}" for name, width in (("p50", 16), ("p99", 8), ("p999", 8)))
    answered = "".join(
        f"{run['answered_ms'][name]:>{width}.1f}" for name, width in (("p50", 14), ("p99", 8), ("p999", 8))
    )
    cpu = " · ".join(f"{name} {value:.2f}" for name, value in run["cpu_ms_per_message"].items())
    touches = f"; {run['touches_per_s']:.0f} of {run['touches']} touches/s" if run["touches"] else ""
    return f"{load:<13}{run['rate']:>6}{late}{answered}  {cpu}{touches}"
