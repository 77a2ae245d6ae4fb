"""Percentiles are values that were measured."""

import pytest

from bench.harness.percentiles import percentile


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, 0),
        ([7], 1, 7),
        (range(1, 101), 50, 50),
        (range(1, 101), 99, 99),
        (range(1, 4), 50, 2),
        ([1, 9], 100, 9),
    ],
)
def test_a_percentile_is_one_of_the_values(values: list[int], percent: int, expected: int) -> None:
    assert percentile(values, percent) == expected
