"""A moment as other systems write it: milliseconds since 1970, or ISO 8601 with a time zone."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_MS: Final = 100_000_000_000
"""In the year 1973: a smaller number counts seconds."""
_LATEST_MS: Final = 10_000_000_000_000
_LONGEST: Final = 40
_HINT: Final = "write milliseconds since 1970, or ISO 8601 with a zone, such as 2026-11-25T09:30:00Z"


def read_moment(value: int | str) -> int:
    """The moment in milliseconds. Raises ValueError with a text that says how to write it."""
    text = str(value).strip()
    if len(text) > _LONGEST:
        raise ValueError(f"{text[:_LONGEST]!r}… is not a moment: {_HINT}")
    at_ms = int(text) if text.isascii() and text.isdigit() else _of_iso(text)
    if not _EARLIEST_MS <= at_ms <= _LATEST_MS:
        raise ValueError(f"{text!r} is not a moment of our time: {_HINT}")
    return at_ms


def _of_iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a moment: {_HINT}") from error
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone: {_HINT}")
    return (moment - _EPOCH) // timedelta(milliseconds=1)
