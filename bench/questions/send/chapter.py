"""The goals of send, and what the document shows of it."""

from collections.abc import Iterator
from typing import Any, Final

from bench.harness.chapter import AT_LEAST, AT_MOST, Chapter, Figures, Goal, Plot, Table

_HERD: Final = "pace_1000"
_LIMITED: Final = "pace_25"
_NAMES: Final = {_HERD: "50 bots, pace 1,000", _LIMITED: "60 bots, pace 25, limits on"}
_PARTS: Final = ("receiver", "pollers", "valkey", "postgres")

_GOALS: Final = (
    Goal("herd at pace 1,000: messages a second", f"{_HERD}.per_s", AT_LEAST, 3_000, "/s"),
    Goal("herd at pace 1,000: CPU a message", f"{_HERD}.cpu_ms_per_message.total", AT_MOST, 0.55, "ms"),
    Goal("herd at pace 1,000: CPU of the pollers, to aiogram alone", f"{_HERD}.cpu_ratio_to_aiogram", AT_MOST, 1.5),
    Goal("60 bots at 25/s: share of what they may send", f"{_LIMITED}.share_of_pace", AT_LEAST, 0.98),
    Goal("60 bots at 25/s: refusals (429)", f"{_LIMITED}.refused", AT_MOST, 0),
    Goal("60 bots at 25/s: violations", f"{_LIMITED}.violations", AT_MOST, 0),
)


def _runs(figures: Figures) -> Iterator[tuple[str, dict[str, Any]]]:
    for herd, name in _NAMES.items():
        if herd in figures:
            yield name, figures[herd]


def _tables(figures: Figures) -> list[Table]:
    sent = [
        (
            name,
            run["messages"],
            run["per_s"],
            "{1:,.0f}–{2:,.0f}".format(*run["spread"]["per_s"]),
            run["refused"],
            run["violations"],
            run["aiogram_per_s"],
        )
        for name, run in _runs(figures)
    ]
    cpu = [
        (name, *run["cpu_ms_per_message"].values(), run["aiogram_cpu_ms"], run["cpu_ratio_to_aiogram"])
        for name, run in _runs(figures)
    ]
    head = ("herd", "messages", "sent/s", "least to most", "refused", "violations", "aiogram alone/s")
    costs = ("herd", *_PARTS, "total", "aiogram alone", "pollers to aiogram")
    return [Table(head, sent, "Medians of the rounds"), Table(costs, cpu, "CPU for a message, in ms")]


def _plots(figures: Figures) -> list[Plot]:
    runs = list(_runs(figures))
    cpu = {part: [run["cpu_ms_per_message"][part] for _, run in runs] for part in _PARTS}
    alone = {"aiogram alone": [run["aiogram_cpu_ms"] for _, run in runs]}
    return [Plot("cpu", "CPU for a message", [name for name, _ in runs], cpu | alone, "ms")]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
