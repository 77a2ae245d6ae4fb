"""The violations of a call: things that no bot should send, even if the server lets them pass or only refuses them.

They are parameters that the Bot API does not know or has deprecated, values of the wrong kind, and fields that a type
does not have. Every call is inspected, so this costs about a microsecond: nested values are cached by their text.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.bot_api.shapes import Field, decoded, described, scalar_fits, value_misfits
from bench.sandbox.bot_api.spec import MethodSpec, read_spec
from bench.sandbox.formatting.reply_markup import keyboard_misfits

_LONGEST_NAME = 64
_NATIVE = (str, int, float, list, dict)


def inspect(method: MethodSpec, given: Parameters) -> list[str]:
    """List the violations of a call."""
    found: list[str] = []
    parameters = method.parameters
    for name, value in given.items():
        field = parameters.get(name)
        if field is None:
            found += _stranger(name, value)
        elif not (field.shape.string and type(value) is str):
            found += argument_misfits(method, field, value)
        if field is not None and field.deprecated:
            found.append(f'"{name}" is deprecated')
    return found


def _stranger(name: str, value: Any) -> Iterator[str]:
    """A value that comes neither from JSON nor from a form is a file that another parameter refers to by name."""
    if value is None or isinstance(value, _NATIVE):
        yield f'"{name[:_LONGEST_NAME]}" does not exist'


def argument_misfits(method: MethodSpec, field: Field, value: Any) -> tuple[str, ...]:
    """Say which parts of a parameter's value do not fit; an empty value counts as absent."""
    if value is None or value == "":
        return ()
    if isinstance(value, list | dict):
        return nested_misfits(method.name, field.name, msgspec.json.encode(value).decode())
    if field.shape.nested and isinstance(value, str):
        return nested_misfits(method.name, field.name, value)
    return () if scalar_fits(field.shape, value) else (f'"{field.name}" must be {described(field.shape)}',)


@lru_cache(maxsize=4096)
def nested_misfits(method: str, name: str, encoded: str) -> tuple[str, ...]:
    """Inspect one JSON value; cached because a campaign sends the same one to thousands."""
    spec = read_spec()
    shape, value = spec.methods[method.lower()].parameters[name].shape, decoded(encoded)
    if value is None:
        return (f'"{name}" must be JSON',)
    found = tuple(value_misfits(shape, value, spec.types, name))
    return found + tuple(keyboard_misfits(value)) if name == "reply_markup" else found
