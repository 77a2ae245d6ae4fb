"""Parameters of a call: text from a query or form, native values from JSON. Read as leniently as the server does."""

import re
from typing import Any

import msgspec

from bench.sandbox import untrusted_json
from bench.sandbox.errors import ApiError, Refusal

Parameters = dict[str, Any]
# The server ignores a longer number.
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
    """Read a list of strings; None if it is absent or not a list, which the server treats as absent."""
    value = given.get(name)
    try:
        return msgspec.convert(untrusted_json.decode(value) if isinstance(value, str) else value, tuple[str, ...])
    except msgspec.MsgspecError:
        return None


def json_object(value: Any, refusal: Refusal) -> Parameters:
    """Read an object, native or as JSON text; refuse anything else."""
    try:
        return msgspec.convert(untrusted_json.decode(value) if isinstance(value, str) else value, Parameters)
    except msgspec.MsgspecError as error:
        raise ApiError(refusal) from error
