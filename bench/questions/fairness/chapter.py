"""The goal of fairness, and what the document shows of it."""

from typing import Final

from bench.harness.chapter import AT_MOST, Chapter, Figures, Goal, Plot, Table
from bench.questions.fairness.figures import RANKS

_GOALS: Final = (
    Goal("added to the p99 of the other bots", "added_p99_ms", AT_MOST, 50, "ms"),
    Goal("early", "early", AT_MOST, 0),
)
_ROWS: Final = {"without the burst": "calm_ms", "beside the burst": "burst_ms"}


def _tables(figures: Figures) -> list[Table]:
    late = [(name, *(figures[of][rank] for rank in RANKS)) for name, of in _ROWS.items()]
    _, least, most = figures["spread"]["added_p99_ms"]
    added = [(figures["added_p99_ms"], least, most)]
    return [
        Table(("", "p50", "p99", "p99.9"), late, "From the due to the committed claim, in ms; medians of the rounds"),
        Table(("median", "least", "most"), added, "Added to the p99, in ms"),
    ]


def _plots(figures: Figures) -> list[Plot]:
    series = {name: [figures[of][rank] for rank in RANKS] for name, of in _ROWS.items()}
    title = "How late the other bots' messages are"
    return [Plot("late", title, ["p50", "p99", "p99.9"], series, "ms after the due", log=True)]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
