"""Updates of every kind, made from the list of the Bot API's types: plain ones, and ones with anything in them."""

from typing import Any, Final

from hypothesis import strategies as st

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


def sample_of(shape: Shape, depth: int = 0) -> Any:
    """The plainest value of a shape."""
    if shape.words:
        return min(shape.words)
    if shape.items is not None:
        return [sample_of(shape.items, depth + 1)]
    if shape.objects:
        return {} if depth > _DEEPEST else _object(shape.objects[0], depth + 1)
    return True if shape.boolean else "words" if shape.string else 1


def values_of(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Any value of a shape, with some of its optional parts."""
    if shape.words:
        return st.sampled_from(sorted(shape.words))
    if shape.items is not None:
        return st.lists(values_of(shape.items, depth + 1), max_size=2)
    if shape.objects:
        return st.sampled_from(shape.objects).flatmap(lambda name: _objects(name, depth + 1))
    return st.booleans() if shape.boolean else st.text(max_size=20) if shape.string else st.integers(0, 2**31 - 1)


def _object(type_name: str, depth: int) -> dict[str, Any]:
    fields = read_spec().types[type_name]
    return {name: _KNOWN.get(name, sample_of(field.shape, depth)) for name, field in fields.items() if field.required}


def _objects(type_name: str, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    fields = read_spec().types[type_name]
    required = {name: _value(field, depth) for name, field in fields.items() if field.required}
    optional = {
        name: _value(field, depth) for name, field in fields.items() if not (field.required or field.deprecated)
    }
    if depth > _DEEPEST or not optional:
        return st.fixed_dictionaries(required)
    some = st.lists(st.sampled_from(sorted(optional)), max_size=2, unique=True)
    return some.flatmap(lambda names: st.fixed_dictionaries(required | {name: optional[name] for name in names}))


def _value(field: Field, depth: int) -> st.SearchStrategy[Any]:
    any_value = st.deferred(lambda: values_of(field.shape, depth))
    return st.just(_KNOWN[field.name]) | any_value if field.name in _KNOWN else any_value


def _update_of(field: Field) -> dict[str, Any]:
    own = {name for one in field.shape.objects for name in read_spec().types[one]}
    sample: dict[str, Any] = sample_of(field.shape)
    return sample | {name: value for name, value in _KNOWN.items() if name in own}


_FIELDS: Final = {name: field for name, field in read_spec().types["Update"].items() if name != "update_id"}
UPDATES: Final[dict[str, dict[str, Any]]] = {name: _update_of(field) for name, field in _FIELDS.items()}
"""What an update of each kind holds."""
CONTENTS: Final = st.sampled_from(sorted(_FIELDS)).flatmap(
    lambda name: st.tuples(st.just(name), values_of(_FIELDS[name].shape))
)
"""Any kind with anything that it may hold."""
