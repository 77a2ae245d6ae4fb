"""Rows as columns: a statement takes one array for each field of a named tuple, in the order of the fields.

The header of the statement names the same fields in the same order, and a test compares the two.
"""

from collections.abc import Iterable, Sequence
from typing import Any


def to_columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """One list for each field; at least one row."""
    return [list(column) for column in zip(*rows, strict=True)]


def array_literal(numbers: Sequence[int]) -> str | None:
    """An array as PostgreSQL writes it, None for an empty one: `unnest` takes no arrays of different lengths."""
    return f"{{{','.join(map(str, numbers))}}}" if numbers else None
