"""The search for cycles: it spares the work under way, and garbage stays bounded."""

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.runtime.resources import tune_garbage_collection

UNDER_WAY = 90_000
"""Objects: about 1,500 journeys under way at once."""


class Linked:
    """Garbage that only a search for cycles finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def searches() -> Iterator[list[int]]:
    """The generation of each search that has begun since the process was set up."""
    begun: list[int] = []

    def note(phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            begun.append(info["generation"])

    before = gc.get_threshold()
    tune_garbage_collection()
    gc.callbacks.append(note)
    yield begun
    gc.callbacks.remove(note)
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.parametrize("make", [lambda: [[]], lambda: {"": []}, lambda: ([],)])
def test_work_under_way_is_not_searched(searches: list[int], make: Callable[[], object]) -> None:
    for _ in range(3):
        under_way = [make() for _ in range(UNDER_WAY // 2)]
        assert len(under_way) == UNDER_WAY // 2
        del under_way
    assert searches == []


def test_garbage_in_cycles_does_not_grow_without_bound(searches: list[int]) -> None:
    left: weakref.WeakSet[Linked] = weakref.WeakSet()
    most = 0
    for _ in range(10 * UNDER_WAY):
        left.add(Linked())
        most = max(most, len(left))
    assert most < 2 * UNDER_WAY
    assert searches
