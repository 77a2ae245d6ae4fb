"""Rows as columns, for statements that take arrays."""

from collections.abc import Sequence
from typing import Any


def _array(numbers: Sequence[int]) -> str | None:
    """As PostgreSQL writes it: `unnest` takes no rows of different lengths."""
    return f"{{{','.join(map(str, numbers))}}}" if numbers else None


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
