"""What the Bot API is made of: its methods with their parameters, and the types that these and the answers hold.

`spec.json` holds the facts of Telegram's documentation, written from the tables of a client library, so that the
sandbox needs no such library itself. There a shape is a list of choices: a kind, "=word", the name of a type, or the
list of choices of an array's items.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from bench.sandbox.bot_api.shapes import Field, Fields, Shape

SPEC_FILE = Path(__file__).with_name("spec.json")
ShapeTable = list[Any]
_WORD = "="
_KINDS = frozenset({"integer", "number", "boolean", "string", "file", "anything"})
# Telegram documents that a string may stand for such an object, which the tables of the client library do not say.
_OR_STRING = "KeyboardButton"


class FieldTable(msgspec.Struct, omit_defaults=True):
    """The fields of a type, or the parameters of a method, by name."""

    required: dict[str, ShapeTable] = {}
    optional: dict[str, ShapeTable] = {}
    deprecated: dict[str, ShapeTable] = {}


class MethodTable(msgspec.Struct):
    returns: ShapeTable
    parameters: FieldTable


class SpecTable(msgspec.Struct):
    about: str
    version: str
    methods: dict[str, MethodTable]
    types: dict[str, FieldTable]


@dataclass(frozen=True, slots=True)
class MethodSpec:
    name: str
    parameters: Fields
    returns: Shape


@dataclass(frozen=True, slots=True)
class Spec:
    """`methods` by lower-case name; `types` are those that a parameter or an answer can hold."""

    version: str
    methods: dict[str, MethodSpec]
    types: dict[str, Fields]


@lru_cache(maxsize=1)
def read_spec() -> Spec:
    tables = msgspec.json.decode(SPEC_FILE.read_bytes(), type=SpecTable)
    methods = (MethodSpec(name, _fields(one.parameters), _shape(one.returns)) for name, one in tables.methods.items())
    return Spec(
        tables.version,
        {method.name.lower(): method for method in methods},
        {name: _fields(one) for name, one in tables.types.items()},
    )


def _fields(table: FieldTable) -> Fields:
    required = {name: Field(name, _shape(shape), required=True) for name, shape in table.required.items()}
    optional = {name: Field(name, _shape(shape)) for name, shape in table.optional.items()}
    deprecated = {name: Field(name, _shape(shape), deprecated=True) for name, shape in table.deprecated.items()}
    return required | optional | deprecated


def _shape(choices: ShapeTable) -> Shape:
    names = [choice for choice in choices if isinstance(choice, str)]
    arrays = [choice for choice in choices if isinstance(choice, list)]
    kinds = _KINDS.intersection([*names, "string"] if _OR_STRING in names else names)
    return Shape(
        **dict.fromkeys(kinds, True),
        words=frozenset(name.removeprefix(_WORD) for name in names if name.startswith(_WORD)),
        objects=tuple(name for name in names if not name.startswith(_WORD) and name not in _KINDS),
        items=_shape(_merged(arrays)) if arrays else None,
    )


def _merged(arrays: Iterable[ShapeTable]) -> ShapeTable:
    """An array of one kind or of another is judged as an array of either."""
    return [choice for array in arrays for choice in array]
