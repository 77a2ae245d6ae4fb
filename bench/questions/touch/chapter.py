"""The goals of touch, and what the document shows of it."""

from typing import Any, Final

from bench.harness.chapter import AT_LEAST, Chapter, Figures, Goal, Plot, Table
from bench.questions.touch.report import MEANINGS, RAW, SINGLE_PER_S, SINGLE_RATIO

_GOALS: Final = (
    Goal("lists, in parts of the raw script", "lists_ratio_to_raw", AT_LEAST, 0.95),
    Goal(
        f"1,000 callers, in parts of {SINGLE_PER_S:,}/s or of {SINGLE_RATIO:.0%} of the raw script",
        "single_part_of_goal",
        AT_LEAST,
        1,
    ),
)
_HEAD: Final = ("way", "touches/s", "least", "most", "to raw", "client µs", "server µs")


def _tables(figures: Figures) -> list[Table]:
    return [Table(_HEAD, [_row(name, figures) for name in MEANINGS], "Medians of the rounds; CPU for a touch")]


def _row(name: str, figures: Figures) -> tuple[Any, ...]:
    to_raw = 1.0 if name == RAW else figures[f"{name}_ratio_to_raw"]
    costs = figures["client_us"][name], figures["server_us"][name]
    return (MEANINGS[name], *figures["spread"][name], to_raw, *costs)


def _plots(figures: Figures) -> list[Plot]:
    names = [name for name in MEANINGS if f"{name}_per_s" in figures]
    values = {"touches a second": [figures[f"{name}_per_s"] for name in names]}
    return [Plot("rates", "Touches a second from one process", names, values, "touches/s", log=True)]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
