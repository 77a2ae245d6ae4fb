"""Many callers, few calls."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    [worker] = batcher._workers
    worker.cancel()
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2
    door.open.set()
    assert await batcher(3) == 6


async def test_the_worker_ends_when_nobody_waits(door: Door) -> None:
    batcher = Batcher(door)
    await batcher(1)
    await asyncio.sleep(0)
    assert not batcher._workers


class Gates:
    """Each batch waits at a gate of its own, until a test opens it; records what was under way at the same time."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self._gates: list[asyncio.Future[None]] = []
        self.under_way: list[list[int]] = []
        self.most = 0
        self.met: list[int] = []

    async def __call__(self, items: list[int]) -> list[int]:
        self.met += [item for item in items for batch in self.under_way for other in batch if item % 10 == other % 10]
        self.batches.append(items)
        self.under_way.append(items)
        self.most = max(self.most, len(self.under_way))
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gates.append(gate)
        try:
            await gate
        finally:
            self.under_way.remove(items)
        return [item * 2 for item in items]

    async def open(self, batch: int, error: Exception | None = None) -> None:
        gate = self._gates[batch]
        if error:
            gate.set_exception(error)
        else:
            gate.set_result(None)
        await settle()

    @property
    def shut(self) -> list[int]:
        return [number for number, gate in enumerate(self._gates) if not gate.done()]


async def settle() -> None:
    """Let everything run that does not wait for a gate."""
    for _ in range(10):
        await asyncio.sleep(0)


def by_last_digit(number: int) -> int:
    return number % 10


async def ask(batcher: Batcher[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(batcher(number)) for number in numbers]
    await settle()
    return tasks


@pytest.fixture
def gates() -> Gates:
    return Gates()


async def test_a_call_during_a_batch_needs_not_wait_for_it_when_several_may_be_under_way(gates: Gates) -> None:
    batcher = Batcher(gates, by_last_digit, at_once=2)
    first, second = await ask(batcher, 1) + await ask(batcher, 2)
    await gates.open(1)
    assert second.done()
    assert not first.done()
    await gates.open(0)
    assert await first == 2


async def test_no_more_batches_than_allowed_are_under_way(gates: Gates) -> None:
    batcher = Batcher(gates, by_last_digit, at_once=2)
    for number in (1, 2, 3, 4):
        await ask(batcher, number)
    assert gates.batches == [[1], [2]]
    await gates.open(0)
    assert gates.batches == [[1], [2], [3, 4]]


async def test_the_rest_of_a_full_batch_goes_beside_it(gates: Gates) -> None:
    await ask(Batcher(gates, limit=2, at_once=2), 1, 2, 3, 4, 5)
    assert gates.batches == [[1, 2], [3, 4]]


async def test_a_call_about_what_is_under_way_waits_for_its_end(gates: Gates) -> None:
    batcher = Batcher(gates, by_last_digit, at_once=3)
    await ask(batcher, 1)
    await ask(batcher, 11, 21, 2)
    assert gates.batches == [[1], [2]]
    await gates.open(0)
    await gates.open(2)
    assert gates.batches == [[1], [2], [11], [21]]


async def test_an_error_reaches_only_its_own_of_two_batches_and_frees_what_it_was_about(gates: Gates) -> None:
    batcher = Batcher(gates, by_last_digit, at_once=2)
    [failed], [other] = await ask(batcher, 1), await ask(batcher, 2)
    [again] = await ask(batcher, 11)
    await gates.open(0, ValueError("one"))
    assert isinstance(failed.exception(), ValueError)
    await gates.open(1)
    await gates.open(2)
    assert (await other, await again) == (4, 22)


async def test_a_cancelled_worker_leaves_those_who_wait_to_the_others(gates: Gates) -> None:
    batcher = Batcher(gates, by_last_digit, at_once=2)
    [first] = await ask(batcher, 1)
    [worker] = batcher._workers
    [second], [waiting] = await ask(batcher, 2), await ask(batcher, 11)
    worker.cancel()
    await settle()
    assert first.cancelled()
    await gates.open(1)
    await gates.open(2)
    assert (await second, await waiting) == (4, 22)


async def test_the_last_worker_cancelled_leaves_nobody_waiting_and_the_next_call_is_served(gates: Gates) -> None:
    batcher = Batcher(gates, by_last_digit, at_once=2)
    asked = [*await ask(batcher, 1), *await ask(batcher, 2), *await ask(batcher, 11)]
    for worker in list(batcher._workers):
        worker.cancel()
    await settle()
    assert [task.cancelled() for task in asked] == [True] * 3
    [later] = await ask(batcher, 11)
    await gates.open(2)
    assert await later == 22


async def test_a_worker_cancelled_before_its_first_batch_stops_no_later_call(door: Door) -> None:
    batcher = Batcher(door)
    first = asyncio.create_task(batcher(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for worker in batcher._workers:
        worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await batcher(2) == 4


async def test_a_result_that_is_an_error_is_raised_to_its_own_caller_alone() -> None:
    async def odd(items: list[int]) -> list[int | ValueError]:
        return [ValueError("even") if item % 2 == 0 else item for item in items]

    batcher: Batcher[int, int | ValueError] = Batcher(odd)
    one, two = await asyncio.gather(batcher(1), batcher(2), return_exceptions=True)
    assert (one, type(two)) == (1, ValueError)


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.integers(0, 39)),
        st.tuples(st.just("open"), st.integers(0, 5)),
        st.tuples(st.just("fail"), st.integers(0, 5)),
        st.tuples(st.just("give up"), st.integers(0, 5)),
    ),
    max_size=40,
)


@given(steps=_steps, at_once=st.integers(1, 4), limit=st.integers(1, 5))
async def test_whatever_happens_nothing_meets_itself_and_every_caller_is_answered_in_order(
    steps: list[tuple[str, int]], at_once: int, limit: int
) -> None:
    gates = Gates()
    batcher = Batcher(gates, by_last_digit, limit, at_once)
    asked: list[tuple[int, asyncio.Task[int]]] = []
    acts: dict[str, Callable[[int], object]] = {"give up": lambda place: asked[place % len(asked)][1].cancel()}
    for what, number in steps:
        if what == "call":
            asked += [(number, task) for task in await ask(batcher, number)]
        elif what in acts and asked:
            acts[what](number)
            await settle()
        elif gates.shut:
            await gates.open(gates.shut[number % len(gates.shut)], ValueError() if what == "fail" else None)
    while gates.shut:
        await gates.open(gates.shut[0])
    assert all(task.done() for _, task in asked)
    assert {task.result() - 2 * number for number, task in asked if not task.cancelled() and not task.exception()} <= {
        0
    }
    assert not gates.met
    assert gates.most <= at_once
    assert max(map(len, gates.batches), default=0) <= limit
    assert not batcher._workers
    for digit in range(10):
        served = [item for batch in gates.batches for item in batch if item % 10 == digit]
        wanted = iter([number for number, _ in asked if number % 10 == digit])
        assert all(item in wanted for item in served), "out of order"
