"""Percentiles of what was measured."""

import math
from collections.abc import Sequence
from typing import Final, TypeVar

Number = TypeVar("Number", int, float)
_THOUSANDTHS: Final = 3
"""Of a rank, to which it is exact: 99.9 has no exact value in binary."""


def percentile(ordered: Sequence[Number], percent: float) -> Number:
    """The least value that so many of a hundred do not exceed; 0 of nothing."""
    return ordered[math.ceil(round(len(ordered) * percent, _THOUSANDTHS) / 100) - 1] if ordered else 0


def tail(values: Sequence[float]) -> dict[str, float]:
    """The three percentiles that the goals speak of, rounded to what can be believed."""
    ordered = sorted(values)
    return {name: round(percentile(ordered, percent), 2) for name, percent in _TAIL.items()}


_TAIL: Final = {"p50": 50, "p99": 99, "p999": 99.9}
