"""What a value may be according to the Bot API, and which parts of a given value do not fit.

A shape is a choice: a word, a number, a file, an array, or an object of one of some types. Scalars are judged as
leniently as the server reads them: a number may come as text, and true as "1".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from bench.sandbox import untrusted_json

_NUMBER = re.compile(r"\s*[+-]?\d+\s*")
_FRACTION = re.compile(r"\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?\s*")
_YES_OR_NO = frozenset({"true", "false", "yes", "no", "1", "0"})
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """The choices. `words` are the only strings allowed, `objects` are names of types."""

    integer: bool = False
    number: bool = False
    boolean: bool = False
    string: bool = False
    file: bool = False
    anything: bool = False
    words: frozenset[str] = frozenset()
    objects: tuple[str, ...] = ()
    items: "Shape | None" = None

    @property
    def nested(self) -> bool:
        """Whether it can only be given as JSON."""
        return bool(self.objects or self.items) and not (self.string or self.file)


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a method, or a field of a type."""

    name: str
    shape: Shape
    required: bool = False
    deprecated: bool = False


Fields = Mapping[str, Field]
Types = Mapping[str, Fields]


def misfits(fields: Fields, given: Mapping[str, Any], types: Types, where: str = "") -> Iterator[str]:
    """Say in sentences which fields of an object are unknown, missing or of the wrong kind."""
    for name, value in given.items():
        path = f"{where}{name[:_LONGEST_NAME]}"
        field = fields.get(name)
        if field is None:
            yield f'"{path}" does not exist'
        elif value is not None:
            yield from value_misfits(field.shape, value, types, path)
    for field in fields.values():
        if field.required and given.get(field.name) is None:
            yield f'"{where}{field.name}" is missing'


def value_misfits(shape: Shape, value: Any, types: Types, path: str) -> Iterator[str]:
    if shape.anything:
        return
    if isinstance(value, list):
        yield from _array_misfits(shape, value, types, path)
    elif isinstance(value, dict):
        yield from _object_misfits(shape, value, types, path)
    elif not scalar_fits(shape, value):
        yield f'"{path}" must be {described(shape)}'


def scalar_fits(shape: Shape, value: Any) -> bool:
    if isinstance(value, bool):
        return shape.boolean
    if isinstance(value, int | float):
        return shape.number or shape.string or (shape.integer and isinstance(value, int))
    if not isinstance(value, str):
        return shape.file
    return (
        shape.string
        or shape.file
        or (shape.integer and _NUMBER.fullmatch(value) is not None)
        or (shape.number and _FRACTION.fullmatch(value) is not None)
        or (shape.boolean and value.lower() in _YES_OR_NO)
        or value in shape.words
    )


def described(shape: Shape) -> str:
    choices = [name for name in ("integer", "number", "boolean", "string", "file") if getattr(shape, name)]
    choices += sorted(shape.words) + list(shape.objects)
    if shape.items is not None:
        choices.append(f"an array of {described(shape.items)}")
    return " or ".join(choices)


def decoded(text: str) -> Any:
    """Decode JSON; None if it is invalid."""
    try:
        return untrusted_json.decode(text)
    except msgspec.DecodeError:
        return None


def _array_misfits(shape: Shape, values: list[Any], types: Types, path: str) -> Iterator[str]:
    if shape.items is None:
        yield f'"{path}" must be {described(shape)}'
        return
    for value in values:
        yield from value_misfits(shape.items, value, types, f"{path}[]")


def _object_misfits(shape: Shape, value: dict[str, Any], types: Types, path: str) -> Iterator[str]:
    """Report what is wrong by the type that fits best."""
    if not shape.objects:
        yield f'"{path}" must be {described(shape)}'
        return
    nearest: list[str] | None = None
    for name in shape.objects:
        found = list(misfits(types[name], value, types, f"{path}."))
        if not found:
            return
        if nearest is None or len(found) < len(nearest):
            nearest = found
    yield from nearest or ()
