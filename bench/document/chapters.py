"""Finds what each question adds to the document, in its own folder."""

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from bench.harness.chapter import Before, Chapter, Figures, Shortfall, Table, Tried, shown

QUESTIONS: Final = (
    "touch",
    "ingest",
    "fire",
    "send",
    "lateness",
    "memory",
    "scale",
    "fairness",
    "idle",
    "peers",
)
"""In the order of the document."""
_FOLDER: Final = Path(__file__).parents[1] / "questions"


class Source(NamedTuple):
    """`summary` is what the question asks."""

    name: str
    summary: str
    chapter: Chapter
    prose: str
    before: Sequence[Before]
    tried: Sequence[Tried]
    shortfalls: Sequence[Shortfall] = ()


def find(name: str) -> Source:
    folder = _FOLDER / name
    return Source(
        name,
        _summary(name),
        _chapter(name),
        _text(folder / "chapter.md"),
        msgspec.json.decode(_text(folder / "before.json") or "[]", type=list[Before]),
        msgspec.json.decode(_text(folder / "tried.json") or "[]", type=list[Tried]),
        msgspec.json.decode(_text(folder / "shortfalls.json") or "[]", type=list[Shortfall]),
    )


def _text(path: Path) -> str:
    return path.read_text("utf-8").strip() if path.exists() else ""


def _summary(name: str) -> str:
    module = f"bench.questions.{name}.question"
    if not (_FOLDER / name / "question.py").exists():
        return ""
    return str(importlib.import_module(module).QUESTION.summary)


def _chapter(name: str) -> Chapter:
    if not (_FOLDER / name / "chapter.py").exists():
        return Chapter((), _everything)
    found: Any = importlib.import_module(f"bench.questions.{name}.chapter")
    chapter: Chapter = found.CHAPTER
    return chapter


def _everything(figures: Figures) -> list[Table]:
    """All figures on the top of the JSON."""
    plain = [(name, shown(value)) for name, value in figures.items() if isinstance(value, int | float | str)]
    return [Table(("figure", "value"), plain)] if plain else []
