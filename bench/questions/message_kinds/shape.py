"""What a person sees of one message, field by field: what was composed and what arrived are compared as these."""

from typing import NamedTuple, TypeAlias

Mark: TypeAlias = tuple[str, int, int, str]
"""A part of the words that looks different: how, from where, how long, and where it leads."""
Label: TypeAlias = tuple[str, str | None, str, str]
"""A button: its text, its style, what it does and with what."""


class Question(NamedTuple):
    options: tuple[str, ...]
    multiple: bool
    anonymous: bool
    correct: tuple[int, ...]
    explanation: str


class Shape(NamedTuple):
    """`file` is the hash of its bytes; `words` are a text, a caption or a question."""

    kind: str
    file: str = ""
    words: str = ""
    marks: tuple[Mark, ...] = ()
    above: bool = False
    spoiler: bool = False
    silent: bool = False
    protected: bool = False
    effect: str | None = None
    preview: str | None = None
    buttons: tuple[tuple[Label, ...], ...] = ()
    question: Question | None = None


def differing(composed: Shape, arrived: Shape) -> list[str]:
    """The names of the fields that are not as they were composed."""
    return [name for name in Shape._fields if getattr(composed, name) != getattr(arrived, name)]
