"""What a person sees of one message, field by field: the form in which the composed and the arrived are compared."""

from typing import NamedTuple, TypeAlias

Mark: TypeAlias = tuple[str, int, int, str]
"""A formatted part of the words: its kind, offset, length and address."""
Label: TypeAlias = tuple[str, str | None, str, str]
"""A button: its text, its style, what it does, and the value it does it with."""


class PollShape(NamedTuple):
    options: tuple[str, ...]
    multiple: bool
    anonymous: bool
    correct: tuple[int, ...]
    explanation: str


class Shape(NamedTuple):
    """`file`: the hash of its bytes. `words`: a text, a caption or a question."""

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
    question: PollShape | None = None


def differing(composed: Shape, arrived: Shape) -> list[str]:
    """The names of the fields that are not as composed."""
    return [name for name in Shape._fields if getattr(composed, name) != getattr(arrived, name)]
