"""The goals of fire, and what the document shows of it."""

from typing import Final

from bench.harness.chapter import AT_LEAST, Chapter, Figures, Goal, Plot, Table
from bench.questions.fire.report import CLAIM, FIRE, MEANINGS, STATEMENTS

_GOALS: Final = (
    Goal("due timers from two pollers, to the committed rows", "fire_per_s", AT_LEAST, 10_000, "/s"),
    Goal("in parts of the slower server alone", "ratio_to_raw", AT_LEAST, 0.3),
)


def _tables(figures: Figures) -> list[Table]:
    rates = [(MEANINGS[name], *figures["spread"][name]) for name in MEANINGS]
    costs = {FIRE: figures["cpu_ms_per_message"], **figures["raw_cpu_ms"]}
    parts = list(costs[FIRE])
    return [
        Table(("", "timers/s", "least", "most"), rates, "Medians of the rounds"),
        Table(("", *parts), [(MEANINGS[name], *costs[name].values()) for name in MEANINGS], "CPU for a timer, in ms"),
    ]


def _plots(figures: Figures) -> list[Plot]:
    names = (FIRE, STATEMENTS, CLAIM)
    values = {"timers a second": [figures[f"{name}_per_s"] for name in names]}
    labels = ["two pollers", "rows alone", "claim script alone"]
    return [Plot("rates", "Due timers a second", labels, values, "timers/s", log=True)]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
