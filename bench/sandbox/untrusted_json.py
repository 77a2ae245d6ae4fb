"""JSON from strangers: JSON that is nested too deeply for the decoder counts as invalid."""

from typing import Any

import msgspec


def decode(given: str | bytes | bytearray) -> Any:
    """Raises msgspec.DecodeError."""
    try:
        return msgspec.json.decode(given)
    except RecursionError as error:
        raise msgspec.DecodeError("nested too deeply") from error
