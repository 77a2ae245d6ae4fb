"""A steady rate: everything is done once, in order, however the helpings fall."""

import pytest

from bench.harness.steadily import steadily


@pytest.mark.parametrize(("rate", "seconds"), [(1, 1.0), (500, 0.1), (7_777, 0.03)])
async def test_everything_is_done_once_and_in_order(rate: int, seconds: float) -> None:
    done: list[int] = []

    async def do(first: int, count: int) -> None:
        done.extend(range(first, first + count))

    assert await steadily(rate, seconds, do) == int(rate * seconds)
    assert done == list(range(int(rate * seconds)))
