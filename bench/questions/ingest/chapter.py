"""The goal of ingest, and what the document shows of it."""

from typing import Final

from bench.harness.chapter import AT_LEAST, Chapter, Figures, Goal, Plot, Table
from bench.questions.ingest.report import MEANINGS

_GOALS: Final = (Goal("by webhook, in parts of a bare handler", "webhook_ratio_to_bare", AT_LEAST, 0.7),)


def _tables(figures: Figures) -> list[Table]:
    rates = [(MEANINGS[name], *figures["spread"][name]) for name in MEANINGS]
    costs = [
        (MEANINGS[name], " · ".join(f"{process} {us:g}" for process, us in figures["cpu_us"][name].items()))
        for name in MEANINGS
    ]
    return [
        Table(("", "updates/s", "least", "most"), rates, "Medians of the rounds"),
        Table(("", "µs"), costs, "CPU for an update, by process"),
    ]


def _plots(figures: Figures) -> list[Plot]:
    values = {"updates a second": [figures[f"{name}_per_s"] for name in MEANINGS]}
    return [Plot("rates", "Updates a second into one receiver", list(MEANINGS), values, "updates/s")]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
