"""Small background tasks: each is done once, dropped if it is stale or finds no room, and never forgotten."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.runtime import task_queue
from engine.runtime.task_queue import TaskQueue


@pytest.fixture
def done() -> list[int]:
    return []


@pytest.fixture
def errand(done: list[int]) -> Callable[[int], Any]:
    async def run(item: int) -> None:
        await asyncio.sleep(0)
        done.append(item)

    return run


async def _rest(errands: TaskQueue[int]) -> None:
    await asyncio.gather(*errands._tasks)


async def test_tasks_beyond_the_limit_are_dropped(
    done: list[int], errand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_queue, "LIMIT", 3)
    several = TaskQueue(errand, 2)
    for item in range(5):
        several.put(item)
    await _rest(several)
    assert done == [0, 1, 2]


async def test_tasks_that_waited_too_long_are_dropped(
    done: list[int], errand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = TaskQueue(errand, 1)
    several.put(1)
    later = time.monotonic() + task_queue.PATIENCE_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    several.put(2)
    await _rest(several)
    assert done == [2]


async def test_a_failing_task_does_not_affect_the_others(done: list[int]) -> None:
    async def run(item: int) -> None:
        if item == 1:
            raise RuntimeError
        done.append(item)

    several = TaskQueue(run, 1)
    for item in range(3):
        several.put(item)
    await _rest(several)
    assert done == [0, 2]


@pytest.mark.parametrize("turns", range(12))
async def test_an_item_is_run_at_whatever_turn_of_the_loop_it_comes(done: list[int], errand: Any, turns: int) -> None:
    """One of these turns is the moment between a worker's last look and its end."""
    several = TaskQueue(errand, 1)
    several.put(1)
    for _ in range(turns):
        await asyncio.sleep(0)
    several.put(2)
    await _rest(several)
    assert done == [1, 2]


async def test_a_call_that_ends_as_cancelled_takes_no_worker_away(done: list[int]) -> None:
    async def run(item: int) -> None:
        if item == 1:
            raise asyncio.CancelledError
        done.append(item)

    several = TaskQueue(run, 1)
    several.put(1)
    await asyncio.wait(set(several._tasks))
    assert not several._tasks
    several.put(2)
    await _rest(several)
    assert done == [2]
