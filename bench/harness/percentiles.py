"""Percentiles of what was measured."""

from collections.abc import Sequence


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The least value that so many of a hundred do not exceed; 0 of nothing."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else 0
