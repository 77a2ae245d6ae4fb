"""The Markdown of the document. Pure: it writes nothing down that is not in the figures or in a question's folder."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from bench.document.chapters import Source
from bench.document.run import Answer
from bench.document.shortfalls import misses, section
from bench.harness.chapter import Figures, Judged, Plot, Table, figure, filled, judge, shown

PLOTS: Final = "benchmarks"
"""The folder of the plots, beside the document."""
ODD: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What figures of an earlier version, or of half a run, may raise in a chapter."""
_WORDS: Final = re.compile(r"[*`]*[^\W\d]")
"""How a cell begins that is no figure."""
_HEAD: Final = """\
# Benchmarks

`./dev bench` asks every question of this page again and writes the page; `./dev bench --quick` does so in ten minutes,
with fewer and shorter runs. Every figure of a table and a plot comes from the command of its chapter, every goal is
compared with it by the program, and each question meets its ceiling or its peer in the same run: compare within a
table, not across machines. What was tried is history: its figures, and those that a missed goal's *Tried* repeats, were
measured once, when it was tried, on the code of that day."""


class Part(NamedTuple):
    """A question with its answer; None: it was never asked. `failure` is empty if there are figures to show."""

    source: Source
    answer: Answer | None
    failure: str
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()

    @property
    def figures(self) -> Figures:
        return (self.answer.figures if self.answer else None) or {}


def part(source: Source, answer: Answer | None) -> Part:
    """Figures of an earlier version may lack what the chapter shows: that loses its own chapter and no other."""
    if answer is None:
        return Part(source, None, "it was not asked")
    if not answer.figures:
        return Part(source, answer, answer.failure)
    chapter = source.chapter
    try:
        return Part(source, answer, "", chapter.tables(answer.figures), chapter.plots(answer.figures))
    except ODD as error:
        return Part(source, answer, f"its figures are not what its chapter expects ({error!r}): ask it again")


def page(parts: Sequence[Part]) -> str:
    blocks = [_HEAD, *_conditions(parts), *_failures(parts), *_goals(parts), *_shortfalls(parts)]
    for part in parts:
        blocks += _chapter(part)
    return "\n\n".join(blocks) + "\n"


def plot_file(name: str, plot: Plot) -> str:
    return f"{name}-{plot.name}.png"


def table(one: Table) -> str:
    columns = list(zip(*one.rows, strict=True)) or [()] * len(one.head)
    head = [_row(one.head), _row([_rule(column) for column in columns])]
    lines = "\n".join([*head, *(_row([shown(cell) for cell in row]) for row in one.rows)])
    return f"**{one.title}**\n\n{lines}" if one.title else lines


def _rule(column: Sequence[Any]) -> str:
    """Figures stand at the right, words at the left."""
    return "---" if any(_WORDS.match(shown(cell)) for cell in column) else "---:"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _conditions(parts: Sequence[Part]) -> Iterator[str]:
    """Of all questions together; where they differ, each condition is told as often as it was found."""
    found: dict[str, dict[str, None]] = {}
    for part in parts:
        for name, value in part.figures.get("conditions", {}).items():
            found.setdefault(name, {})[str(value)] = None
    if found:
        yield "## Conditions"
        yield table(Table(("", ""), [(name, "<br>".join(values)) for name, values in found.items()]))
    if any(part.answer and part.answer.quick for part in parts):
        yield "Quick runs: fewer and shorter ones than those of `./dev bench`."


def _failures(parts: Sequence[Part]) -> Iterator[str]:
    failed = [part for part in parts if part.failure]
    if failed:
        yield "## Questions without an answer"
        yield "\n".join(f"- **{part.source.name}**: {part.failure}" for part in failed)


def _goals(parts: Sequence[Part]) -> Iterator[str]:
    judged = [(part.source.name, one) for part in parts for one in judge(part.source.chapter.goals, part.figures)]
    if judged:
        met, unknown = sum(one.met for _, one in judged), sum(one.measured is None for _, one in judged)
        yield "## Goals"
        yield f"{met} of {len(judged)} are met." + (f" {unknown} are not measured." if unknown else "")
        yield table(Table(("question", "goal", "bound", "measured", ""), [_goal(*pair) for pair in judged]))


def _goal(name: str, judged: Judged) -> tuple[str, ...]:
    goal = judged.goal
    bound = f"{goal.direction} {shown(goal.bound)} {goal.unit}".strip()
    return name, goal.what, bound, judged.shown, judged.verdict


def _shortfalls(parts: Sequence[Part]) -> Iterator[str]:
    return section([(part.source.name, misses(part.source, part.figures)) for part in parts])


def _chapter(part: Part) -> Iterator[str]:
    source = part.source
    yield f"## {source.name}"
    if source.summary:
        yield source.summary
    yield f"`{part.answer.asked if part.answer else f'python -m bench {source.name}'}`"
    if part.failure:
        yield f"No answer: {part.failure}."
    else:
        if part.figures.get("holds") is False:
            yield "**This run did not hold:** a goal, or what must be so in every run. It says which without `--json`."
        yield from map(table, part.tables)
        for plot in part.plots:
            yield f"![{plot.title}]({PLOTS}/{plot_file(source.name, plot)})"
    if source.prose:
        yield filled(source.prose, part.figures)
    yield from _before_and_after(part)
    yield from _tried(source)


def _before_and_after(part: Part) -> Iterator[str]:
    if part.source.before:
        rows = [
            (f"{row.what}, {row.unit}" if row.unit else row.what, row.before, now, _change(row.before, now))
            for row in part.source.before
            for now in [figure(part.figures, row.figure)]
        ]
        yield table(Table(("", "before", "now", "change"), rows, "Before and now"))


def _change(before: float, now: Any) -> str:
    return f"{now / before - 1:+.0%}" if before and isinstance(now, int | float) else "–"


def _tried(source: Source) -> Iterator[str]:
    if source.tried:
        rows: list[Sequence[Any]] = [(one.what, one.found, one.kept) for one in source.tried]
        yield table(Table(("tried", "found", "kept"), rows, "What was tried"))
