"""Parameters of a call: text from a query or form, native values from JSON; leniently, as the server."""

import re
from typing import Any

import msgspec

from bench.sandbox import untrusted_json
from bench.sandbox.errors import ApiError, Refusal

Parameters = dict[str, Any]
# What the server can hold; a longer number counts as not given.
_NUMBER = re.compile(r"\s*-?\d{1,18}(?!\d)")
_HIGHEST = 2**63 - 1


def text(given: Parameters, name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def integer(given: Parameters, name: str, default: int = 0) -> int:
    value = given.get(name)
    if value is None:
        return default
    if type(value) is int:
        return value if -_HIGHEST <= value <= _HIGHEST else default
    match = _NUMBER.match(value) if isinstance(value, str) else None
    return int(match[0]) if match else default


def boolean(given: Parameters, name: str) -> bool:
    value = given.get(name)
    if value is None:
        return False
    return value if isinstance(value, bool) else str(value).lower() in {"true", "yes", "1"}


def string_list(given: Parameters, name: str) -> tuple[str, ...] | None:
    """Read a list of strings; None if it is absent or no list, which the server takes as not given."""
    value = given.get(name)
    try:
        return msgspec.convert(untrusted_json.decode(value) if isinstance(value, str) else value, tuple[str, ...])
    except msgspec.MsgspecError:
        return None


def json_object(value: Any, refusal: Refusal) -> Parameters:
    """Read an object, native or as JSON text; refuse what is none."""
    try:
        return msgspec.convert(untrusted_json.decode(value) if isinstance(value, str) else value, Parameters)
    except msgspec.MsgspecError as error:
        raise ApiError(refusal) from error
