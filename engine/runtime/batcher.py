"""Gathers concurrent calls into few: a call made while a batch is under way joins the next batch.

After a quiet moment the first caller waits for one turn of the event loop, so that others can join. Two calls with the
same `key` never share a batch. An error reaches only the callers of its batch; a caller that gives up does not affect
the others. The worker ends by itself when nobody waits, so there is nothing to close. It works for many callers, and
so logs in the name of none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

LIMIT: Final = 512


class Batcher(Generic[Item, Result]):
    """`run` takes a list of items and returns one result for each, in order."""

    def __init__(
        self,
        run: Callable[[list[Item]], Awaitable[list[Result]]],
        key: Callable[[Item], Hashable] = id,
        limit: int = LIMIT,
    ) -> None:
        self._run = run
        self._key = key
        self._limit = limit
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """Raises what `run` raises."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), context=Context())
        return await future

    async def _work(self) -> None:
        try:
            await asyncio.sleep(0)
            while self._waiting:
                await self._serve(self._next_batch())
        finally:
            self._worker = None
            for _, future in self._waiting:
                future.cancel()
            self._waiting = []

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        later: list[tuple[Item, asyncio.Future[Result]]] = []
        keys: set[Hashable] = set()
        for place, (item, future) in enumerate(self._waiting):
            if len(batch) == self._limit:
                later += self._waiting[place:]
                break
            key = self._key(item)
            if key in keys:
                later.append((item, future))
            elif not future.done():
                keys.add(key)
                batch.append((item, future))
        self._waiting = later
        return batch

    async def _serve(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        if not batch:
            return
        try:
            results = await self._run([item for item, _ in batch])
            answered = list(zip(batch, results, strict=True))
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to the callers
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in answered:
            if not future.done():
                future.set_result(result)
