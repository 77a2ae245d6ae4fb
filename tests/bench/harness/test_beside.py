"""Work beside a block ends with the block."""

import asyncio

import pytest

from bench.harness.beside import beside


async def _forever() -> None:
    await asyncio.Event().wait()


async def _deaf(times: int) -> None:
    """Loses its first cancellations, as `asyncio.wait_for` may when what it waits for is done at the same moment."""
    for _ in range(times):
        try:
            await _forever()
        except asyncio.CancelledError:
            continue
    await _forever()


async def _fail() -> None:
    raise ValueError("It failed.")


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_task_that_loses_a_cancellation_ends_all_the_same(times: int) -> None:
    task = asyncio.create_task(_deaf(times))
    async with asyncio.timeout(30), beside(task, asyncio.create_task(_forever())):
        await asyncio.sleep(0)
    assert task.cancelled()


async def test_what_a_task_raised_is_raised() -> None:
    with pytest.raises(ValueError, match="failed"):
        async with beside(asyncio.create_task(_fail()), asyncio.create_task(_forever())):
            await asyncio.sleep(0)
