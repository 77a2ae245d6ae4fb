"""Updates of every kind, made from the list of the Bot API's types: plain ones, and ones with anything in them."""

from copy import deepcopy
from random import Random
from typing import Any, Final

from bench.sandbox.bot_api.shapes import Field, Shape
from bench.sandbox.bot_api.spec import read_spec

ANA: Final = {"id": 5_000_000_001, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "pt-br"}
PRIVATE: Final = {"id": ANA["id"], "type": "private", "first_name": "Ana"}
DATE: Final = 1_800_000_000
_MESSAGE: Final = {"message_id": 1, "date": DATE, "chat": PRIVATE}
_KNOWN: Final[dict[str, Any]] = {
    **_MESSAGE,
    "from": ANA,
    "user": ANA,
    "message": _MESSAGE,
    "edit_date": DATE + 60,
    "state": "canceled",
    "currency": "XTR",
    "new_chat_member": {"user": ANA, "status": "kicked", "until_date": 0},
}
"""What the samples say where it matters who does it, where, and when."""
_DEEPEST: Final = 2
_HALF: Final = 0.5
_MOSTLY: Final = 0.8
_LETTERS: Final = 'aZ 0é\N{GRINNING FACE}\u202e\u200b\0"\\{[]}\n/@<&'
_NUMBERS: Final = (0, 1, 5, 900, 2**31 - 1, 2**40, 2**52)


def sample_of(shape: Shape, depth: int = 0) -> Any:
    """The plainest value of a shape."""
    if shape.words:
        return min(shape.words)
    if shape.items is not None:
        return [sample_of(shape.items, depth + 1)]
    if shape.objects:
        return {} if depth > _DEEPEST else _object(shape.objects[0], depth + 1)
    return True if shape.boolean else "words" if shape.string else 1


def any_of(shape: Shape, draw: Random, depth: int = 0) -> Any:
    """Any value of a shape, with some of its optional parts."""
    if shape.words:
        return draw.choice(sorted(shape.words))
    if shape.items is not None:
        return [any_of(shape.items, draw, depth + 1) for _ in range(draw.randrange(3))]
    if shape.objects:
        return _any_object(draw.choice(shape.objects), draw, depth + 1)
    if shape.boolean:
        return draw.random() < _HALF
    return "".join(draw.choices(_LETTERS, k=draw.randrange(8))) if shape.string else draw.choice(_NUMBERS)


def _object(type_name: str, depth: int) -> dict[str, Any]:
    fields = read_spec().types[type_name]
    return {name: _KNOWN.get(name, sample_of(field.shape, depth)) for name, field in fields.items() if field.required}


def _any_object(type_name: str, draw: Random, depth: int) -> dict[str, Any]:
    fields = [field for field in read_spec().types[type_name].values() if not field.deprecated]
    optional = [field for field in fields if not field.required]
    some = draw.sample(optional, min(len(optional), draw.randrange(4))) if depth <= _DEEPEST else []
    return {field.name: _any_value(field, draw, depth) for field in fields if field.required or field in some}


def _any_value(field: Field, draw: Random, depth: int) -> Any:
    known = field.name in _KNOWN and draw.random() < _MOSTLY
    return deepcopy(_KNOWN[field.name]) if known else any_of(field.shape, draw, depth)


def _update_of(field: Field) -> dict[str, Any]:
    own = {name for one in field.shape.objects for name in read_spec().types[one]}
    sample: dict[str, Any] = sample_of(field.shape)
    return sample | {name: value for name, value in _KNOWN.items() if name in own}


_FIELDS: Final = {name: field for name, field in read_spec().types["Update"].items() if name != "update_id"}
UPDATES: Final[dict[str, dict[str, Any]]] = {name: _update_of(field) for name, field in _FIELDS.items()}
"""What an update of each kind holds."""


def any_update(draw: Random) -> tuple[str, Any]:
    """Any kind, and anything that it may hold."""
    kind = draw.choice(sorted(UPDATES))
    return kind, any_of(_FIELDS[kind].shape, draw)
