"""What a call says that no bot should say, though the server lets it pass or only refuses it: its violations.

A parameter that the Bot API does not know or no longer wants, a value of the wrong kind, a field that a type does not
have. Run for every call, so it costs about a microsecond: what is nested is looked at once and remembered by its text.
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
    """What is no value of JSON or a form is a file, for another parameter to refer to by its name."""
    if value is None or isinstance(value, _NATIVE):
        yield f'"{name[:_LONGEST_NAME]}" does not exist'


def argument_misfits(method: MethodSpec, field: Field, value: Any) -> tuple[str, ...]:
    """Say what of a parameter's value does not fit; an empty one counts as not given."""
    if value is None or value == "":
        return ()
    if isinstance(value, list | dict):
        return nested_misfits(method.name, field.name, msgspec.json.encode(value).decode())
    if field.shape.nested and isinstance(value, str):
        return nested_misfits(method.name, field.name, value)
    return () if scalar_fits(field.shape, value) else (f'"{field.name}" must be {described(field.shape)}',)


@lru_cache(maxsize=4096)
def nested_misfits(method: str, name: str, encoded: str) -> tuple[str, ...]:
    """Look at one JSON value; cached because a campaign sends the same one to thousands."""
    spec = read_spec()
    shape, value = spec.methods[method.lower()].parameters[name].shape, decoded(encoded)
    if value is None:
        return (f'"{name}" must be JSON',)
    found = tuple(value_misfits(shape, value, spec.types, name))
    return found + tuple(keyboard_misfits(value)) if name == "reply_markup" else found
