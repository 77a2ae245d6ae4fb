"""Many callers, few calls."""

import asyncio

import pytest

from engine.runtime.batcher import Batcher


class Door:
    """Doubles numbers once a test lets it; records what it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        self.asked.set()
        await self.open.wait()
        if 0 in items:
            raise ValueError("zero")
        return [item * 2 for item in items]


@pytest.fixture
def door() -> Door:
    return Door()


async def test_neighbours_share_a_call_and_each_gets_its_own_answer(door: Door) -> None:
    batcher = Batcher(door)
    assert await asyncio.gather(*(batcher(n) for n in (1, 2, 3))) == [2, 4, 6]
    assert door.batches == [[1, 2, 3]]


async def test_a_call_during_a_batch_joins_the_next_one(door: Door) -> None:
    batcher = Batcher(door)
    door.open.clear()
    first = asyncio.create_task(batcher(1))
    await door.asked.wait()
    others = [asyncio.create_task(batcher(n)) for n in (2, 3)]
    await asyncio.sleep(0)
    door.open.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]
    assert door.batches == [[1], [2, 3]]


async def test_a_batch_is_bounded(door: Door) -> None:
    batcher = Batcher(door, limit=2)
    await asyncio.gather(*(batcher(n) for n in (1, 2, 3, 4, 5)))
    assert door.batches == [[1, 2], [3, 4], [5]]


async def test_two_calls_about_the_same_thing_never_share_a_batch(door: Door) -> None:
    batcher = Batcher(door, key=lambda n: n % 10)
    assert await asyncio.gather(*(batcher(n) for n in (1, 11, 2))) == [2, 22, 4]
    assert door.batches == [[1, 2], [11]]


async def test_an_error_reaches_only_its_own_batch(door: Door) -> None:
    batcher = Batcher(door, limit=2)
    results = await asyncio.gather(*(batcher(n) for n in (0, 1, 2)), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError, int]
    assert await batcher(3) == 6


async def test_a_caller_that_gives_up_does_not_affect_the_others(door: Door) -> None:
    batcher = Batcher(door)
    quitter, stayer = asyncio.create_task(batcher(1)), asyncio.create_task(batcher(2))
    await asyncio.sleep(0)
    quitter.cancel()
    assert await stayer == 4
    assert door.batches == [[2]]
    with pytest.raises(asyncio.CancelledError):
        await quitter


async def test_a_wrong_number_of_results_reaches_every_caller_as_an_error() -> None:
    async def too_few(items: list[int]) -> list[int]:
        return items[1:]

    batcher = Batcher(too_few)
    results = await asyncio.gather(*(batcher(n) for n in (1, 2)), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError]


async def test_no_caller_is_left_waiting_when_the_worker_is_cancelled(door: Door) -> None:
    batcher = Batcher(door)
    door.open.clear()
    first = asyncio.create_task(batcher(1))
    await door.asked.wait()
    second = asyncio.create_task(batcher(2))
    await asyncio.sleep(0)
    assert batcher._worker
    batcher._worker.cancel()
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2
    door.open.set()
    assert await batcher(3) == 6


async def test_the_worker_ends_when_nobody_waits(door: Door) -> None:
    batcher = Batcher(door)
    await batcher(1)
    await asyncio.sleep(0)
    assert batcher._worker is None
