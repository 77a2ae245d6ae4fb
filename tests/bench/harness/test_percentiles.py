"""Percentiles are values that were measured."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.harness.percentiles import percentile, tail


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, 0),
        ([7], 1, 7),
        (range(1, 101), 50, 50),
        (range(1, 101), 99, 99),
        (range(1, 4), 50, 2),
        ([1, 9], 100, 9),
        (range(1, 1001), 99.9, 999),
        (range(1, 2001), 99.9, 1998),
    ],
)
def test_a_percentile_is_one_of_the_values(values: list[int], percent: float, expected: int) -> None:
    assert percentile(values, percent) == expected


@given(st.integers(1, 300_000), st.sampled_from([50, 95, 99, 99.9]))
def test_a_percentile_is_exact_for_any_number_of_values(count: int, percent: float) -> None:
    exact = ceil(count * Fraction(str(percent)) / 100)
    assert percentile(range(1, count + 1), percent) == exact


def test_the_tail_of_nothing_is_zero() -> None:
    assert tail([]) == {"p50": 0, "p99": 0, "p999": 0}
