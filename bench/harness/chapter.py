"""What a question adds to docs/benchmarks.md, beside its JSON: a chapter with goals, tables, plots and prose.

A question that goes into the document takes `--quick` and `--json`. In its folder there may be:

- `chapter.py`, which ends in a `CHAPTER`; without it the chapter is a table of all figures on the top of the JSON;
- `chapter.md`, the prose; `{rates.300.claim_ms.p99}` in it stands for that figure of the JSON;
- `before.json`, a list of `Before`: figures from before a change, which no run can measure again;
- `tried.json`, a list of `Tried`: what was tried, also what did not pay.

A figure is named by its path in the JSON, with dots. Whether a goal is met is computed from it, never written down.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

Figures: TypeAlias = Mapping[str, Any]
"""The JSON of a question."""

AT_MOST: Final = "at most"
AT_LEAST: Final = "at least"
Direction: TypeAlias = Literal["at most", "at least"]


class Goal(NamedTuple):
    """`what` is measured, and `figure` is where the JSON has it."""

    what: str
    figure: str
    direction: Direction
    bound: float
    unit: str = ""


class Judged(NamedTuple):
    """`measured` is None if the JSON does not have the figure."""

    goal: Goal
    measured: float | None

    @property
    def met(self) -> bool:
        if self.measured is None:
            return False
        return self.measured <= self.goal.bound if self.goal.direction == AT_MOST else self.measured >= self.goal.bound

    @property
    def verdict(self) -> str:
        """How far the figure is from the bound, in parts of the bound."""
        if self.measured is None:
            return "**not measured**"
        if not self.goal.bound:
            return "met" if self.met else "**not met**"
        apart = abs(self.measured - self.goal.bound) / self.goal.bound
        return f"met, by {apart:.0%}" if self.met else f"**not met**, by {apart:.0%}"


class Table(NamedTuple):
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    title: str = ""


class Plot(NamedTuple):
    """`series`: by name, the values at each of the labels of `x`."""

    name: str
    title: str
    x: Sequence[str]
    series: Mapping[str, Sequence[float]]
    y_label: str
    kind: Literal["bars", "lines"] = "bars"
    log: bool = False


def _no_plots(_: Figures) -> Sequence[Plot]:
    return ()


class Chapter(NamedTuple):
    goals: Sequence[Goal]
    tables: Callable[[Figures], Sequence[Table]]
    plots: Callable[[Figures], Sequence[Plot]] = _no_plots


class Before(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`before` was measured before the change, `figure` is the same thing now."""

    what: str
    before: float
    figure: str
    unit: str = ""


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    found: str
    kept: bool


def figure(figures: Figures, path: str) -> Any:
    """None if there is no such figure."""
    found: Any = figures
    for name in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, Sequence) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def judge(goals: Sequence[Goal], figures: Figures) -> list[Judged]:
    return [Judged(goal, figure(figures, goal.figure)) for goal in goals]


def shown(value: Any) -> str:
    """A number as people read it: three digits that count, and thousands apart."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return "–" if value is None else str(value)
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"
