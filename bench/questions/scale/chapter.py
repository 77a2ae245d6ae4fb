"""The goals of scale, and what the document shows of it."""

from typing import Any, Final

from bench.harness.chapter import AT_LEAST, AT_MOST, Chapter, Figures, Goal, Plot, Table
from bench.questions.scale.report import FIRE, LEAST_RATIOS, MOST_SCRIPT_US, MOST_TOUCH_MS, TOUCH

_GOALS: Final = (
    *(
        Goal(f"touches at {size:,} armed, to those at 100,000", f"touch_ratio_to_100000.{size}.0", AT_LEAST, least)
        for size, least in LEAST_RATIOS.items()
    ),
    Goal("due at once: scripts, p99.9", "due_at_once.script_p999_us_at_most", AT_MOST, MOST_SCRIPT_US, "µs"),
    Goal("due at once: touches, p99", "due_at_once.touch_p99_ms", AT_MOST, MOST_TOUCH_MS, "ms"),
)


def _tables(figures: Figures) -> list[Table]:
    herd = [(name.replace("_", " "), value) for name, value in figures["due_at_once"].items()]
    shards = [(count, f"{one[0]:,.0f}", _between(one)) for count, one in figures["fire_per_s_by_shards"].items()]
    return [
        _rates("armed chats", figures["per_s_by_chats"]),
        _rates("bots", figures["per_s_by_bots"]),
        Table(("processes", "claims and settles/s", "least to most"), shards),
        Table(("due in the same second", ""), herd),
    ]


def _rates(unit: str, found: Figures) -> Table:
    rows = [
        (f"{int(number):,}", f"{touch[0]:,.0f}", _between(touch), f"{fire[0]:,.0f}", _between(fire))
        for (number, touch), fire in zip(found[TOUCH].items(), found[FIRE].values(), strict=True)
    ]
    return Table((unit, "touches/s", "least to most", "claims and settles/s", "least to most"), rows)


def _between(spread: Any) -> str:
    return f"{spread[1]:,.0f}–{spread[2]:,.0f}"


def _plots(figures: Figures) -> list[Plot]:
    found = figures["per_s_by_chats"]
    series = {kind: [one[0] for one in found[kind].values()] for kind in (TOUCH, FIRE)}
    sizes = [f"{int(size):,}" for size in found[TOUCH]]
    return [Plot("chats", "Touches and claims, by the number of armed chats", sizes, series, "a second", log=True)]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
