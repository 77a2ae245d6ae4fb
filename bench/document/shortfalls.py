"""Which goals are not met, by how much, and why. Pure.

The reasons are written by hand beside each question, and shown only while their goal is missed. The page says plainly
which goal is missed without a reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bench.document.chapters import Source
from bench.harness.chapter import Figures, Judged, Shortfall, filled, judge, shown

UNEXPLAINED: Final = "**Nobody has written why.**"


class Miss(NamedTuple):
    """Goals that are missed for one reason. `why` is its paragraphs, with the figures of the run in their places."""

    goals: Sequence[Judged]
    why: Sequence[str]


def misses(source: Source, figures: Figures) -> list[Miss]:
    """Those without a reason are together, at the end."""
    missed = {one.goal.what: one for one in judge(source.chapter.goals, figures) if one.missed}
    explained = [Miss(_of(reason, missed), _paragraphs(reason, figures)) for reason in source.shortfalls]
    known = {what for reason in source.shortfalls for what in reason.goals}
    rest = Miss([one for what, one in missed.items() if what not in known], (UNEXPLAINED,))
    return [miss for miss in (*explained, rest) if miss.goals]


def section(found: Sequence[tuple[str, Sequence[Miss]]]) -> Iterator[str]:
    """`found`: by question."""
    if any(missed for _, missed in found):
        yield "## Goals that are not met"
    for name, missed in found:
        if missed:
            yield f"### {name}"
        for miss in missed:
            yield "\n".join(map(_line, miss.goals))
            yield from miss.why


def _of(reason: Shortfall, missed: Mapping[str, Judged]) -> list[Judged]:
    return [missed[what] for what in reason.goals if what in missed]


def _paragraphs(reason: Shortfall, figures: Figures) -> list[str]:
    parts = {"Profile": reason.profile, "Ceiling": reason.ceiling, "Tried": reason.tried}
    return [f"*{name}:* {filled(text, figures)}" for name, text in parts.items()]


def _line(judged: Judged) -> str:
    goal = judged.goal
    bound = f"{shown(goal.bound)} {goal.unit}".strip()
    return f"- **{goal.what}**: {judged.shown}, instead of {goal.direction} {bound}: missed by {judged.apart}."
