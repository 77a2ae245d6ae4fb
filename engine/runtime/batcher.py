"""Gathers concurrent calls into few: a call made while as many batches as may be are under way joins the next one.

The first caller waits for one turn of the event loop, so that others can join. Two calls with the same `key` are never
under way at the same time, in one batch or in two, and go in the order in which they came. An error reaches only the
callers of its batch; a caller that gives up does not affect the others. The workers end by themselves when nobody
waits, so there is nothing to close. They work for many callers, and so log in the name of none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeAlias, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Call: TypeAlias = tuple[Hashable, Item, asyncio.Future[Result]]

LIMIT: Final = 512


class Batcher(Generic[Item, Result]):
    """`run` takes a list of items and returns one result for each, in order; at most `at_once` batches are under way.

    A result that is an error is raised to its own caller.
    """

    def __init__(
        self,
        run: Callable[[list[Item]], Awaitable[Sequence[Result | Exception]]],
        key: Callable[[Item], Hashable] = id,
        limit: int = LIMIT,
        at_once: int = 1,
    ) -> None:
        self._run = run
        self._key = key
        self._limit = limit
        self._at_once = at_once
        self._waiting: list[Call[Item, Result]] = []
        self._under_way: set[Hashable] = set()
        self._workers: set[asyncio.Task[None]] = set()
        self._gatherer: asyncio.Task[None] | None = None
        """The worker that has yet to take its first batch: whoever calls now joins it."""

    async def __call__(self, item: Item) -> Result:
        """Raises what `run` raises."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._key(item), item, future))
        self._gather()
        return await future

    def _gather(self) -> None:
        if self._gatherer is None and len(self._workers) < self._at_once:
            self._gatherer = asyncio.create_task(self._work(), context=Context())
            self._workers.add(self._gatherer)

    async def _work(self) -> None:
        worker = asyncio.current_task()
        try:
            await asyncio.sleep(0)
            self._gatherer = None
            while batch := self._next_batch():
                await self._serve(batch)
        finally:
            self._end(worker)

    def _end(self, worker: asyncio.Task[None] | None) -> None:
        """Those who wait are left to the other workers; only a cancellation ends the last one while somebody waits."""
        self._workers = {other for other in self._workers if other is not worker}
        self._gatherer = None if self._gatherer is worker else self._gatherer
        if not self._workers:
            for _, _, future in self._waiting:
                future.cancel()
            self._waiting = []

    def _next_batch(self) -> list[Call[Item, Result]]:
        batch: list[Call[Item, Result]] = []
        later: list[Call[Item, Result]] = []
        taken = set(self._under_way)
        for call in self._waiting:
            key, _, future = call
            if len(batch) == self._limit or key in taken:
                later.append(call)
            elif not future.done():
                taken.add(key)
                batch.append(call)
        self._waiting = later
        if len(batch) == self._limit:
            self._gather()
        return batch

    async def _serve(self, batch: list[Call[Item, Result]]) -> None:
        keys = {key for key, _, _ in batch}
        self._under_way |= keys
        try:
            _answer(batch, await self._run([item for _, item, _ in batch]))
        except asyncio.CancelledError:
            for _, _, future in batch:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to the callers
            _answer(batch, [error] * len(batch))
        finally:
            self._under_way -= keys


def _answer(batch: list[Call[Item, Result]], results: Sequence[Result | Exception]) -> None:
    for (_, _, future), result in list(zip(batch, results, strict=True)):
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
