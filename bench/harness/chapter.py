"""What a question adds to docs/benchmarks.md, beside its JSON: a chapter with goals, tables, plots and prose.

A question that goes into the document takes `--quick` and `--json`. In its folder there may be:

- `chapter.py`, which ends in a `CHAPTER`; without it the chapter is a table of all figures on the top of the JSON;
- `chapter.md`, the prose; `{rates.300.claim_ms.p99}` in it stands for that figure of the JSON;
- `before.json`, a list of `Before`: figures from before a change, which no run can measure again;
- `tried.json`, a list of `Tried`: what was tried, also what did not pay;
- `shortfalls.json`, a list of `Shortfall`: why a goal is not met, for the goals that are not, or may not be. The page
  shows a reason only while its goal is missed.

A figure is named by its path in the JSON, with dots. Whether a goal is met is computed from it, never written down.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

Figures: TypeAlias = Mapping[str, Any]
"""The JSON of a question."""

AT_MOST: Final = "at most"
AT_LEAST: Final = "at least"
Direction: TypeAlias = Literal["at most", "at least"]
_PLACE: Final = re.compile(r"\{([a-z0-9_., -]+)\}", re.IGNORECASE)


_LEAST_PART: Final = 0.01
"""A smaller part of a bound is said to be less than this, not nothing."""


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
    def missed(self) -> bool:
        """What was not measured is not missed."""
        return self.measured is not None and not self.met

    @property
    def shown(self) -> str:
        """The figure with its unit, and with as many digits as tell it from the bound."""
        return f"{_told_from(self.goal.bound, self.measured)} {self.goal.unit}".strip()

    @property
    def apart(self) -> str:
        """How far the figure is from the bound, in parts of the bound. From 0 it is the figure; at the bound, empty."""
        distance = abs((self.measured or 0) - self.goal.bound)
        if not distance or not self.goal.bound:
            return f"{shown(distance)} {self.goal.unit}".strip() if distance else ""
        part = distance / self.goal.bound
        return f"{part:.0%}" if part >= _LEAST_PART else f"less than {_LEAST_PART:.0%}"

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "**not measured**"
        return ("met" if self.met else "**not met**") + (f", by {self.apart}" if self.apart else "")


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


class Shortfall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason for one goal or several, which are named by `Goal.what`.

    `profile`: where the time goes, in figures. `ceiling`: what the machine or the peer allows. `tried`: what was done
    about it. Figures of the run have places in them, as in the prose, so that a reason stays true with the next run.
    """

    goals: Sequence[str]
    profile: str
    ceiling: str
    tried: str


def figure(figures: Figures, path: str) -> Any:
    """None if there is no such figure. A row of a list is found by its place or by its name."""
    found: Any = figures
    for name in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, Sequence):
            found = _row(found, name)
        else:
            return None
    return found


def _row(rows: Sequence[Any], name: str) -> Any:
    if name.isdigit():
        return rows[int(name)] if int(name) < len(rows) else None
    return next((row for row in rows if isinstance(row, Mapping) and row.get("name") == name), None)


def judge(goals: Sequence[Goal], figures: Figures) -> list[Judged]:
    return [Judged(goal, number(figures, goal.figure)) for goal in goals]


def number(figures: Figures, path: str) -> float | None:
    """None if there is no such figure, or if it is no number."""
    found = figure(figures, path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def filled(prose: str, figures: Figures) -> str:
    """With the figures in their places."""
    return _PLACE.sub(lambda place: shown(figure(figures, place[1])), prose)


def places(prose: str) -> list[str]:
    """The paths of the figures that the prose has places for."""
    return _PLACE.findall(prose)


def shown(value: Any) -> str:
    """A number as people read it: three digits that count, and thousands apart."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return "–" if value is None else str(value)
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _told_from(bound: float, value: float | None) -> str:
    if value is None or value == bound or shown(value) != shown(bound):
        return shown(value)
    digits = next(digits for digits in count(1) if float(f"{value:.{digits}g}") != float(f"{bound:.{digits}g}"))
    return f"{value:,.{digits}g}"
