"""Small background tasks for a few workers: nobody waits for them, and nothing breaks if one fails.

An item that has waited too long, or finds no room, is dropped and counted: a stale answer helps nobody.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar, cast

from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import logger

Item = TypeVar("Item")

PATIENCE_S: Final = 60.0
LIMIT: Final = 20_000


class TaskQueue(Generic[Item]):
    """`rest_s`: how long a worker rests after each item. `limit`: how many may wait; None for LIMIT.

    With nothing to do no task exists, so nothing to close.
    """

    def __init__(
        self, run: Callable[[Item], Awaitable[None]], workers: int, rest_s: float = 0.0, limit: int | None = None
    ) -> None:
        self._run = run
        self._workers = workers
        self._rest_s = rest_s
        self._limit = limit
        self._waiting: deque[tuple[float, Item]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dropped = 0

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < (LIMIT if self._limit is None else self._limit)

    def put(self, item: Item) -> None:
        if not self.has_room:
            self._dropped += 1
            return
        self._waiting.append((time.monotonic(), item))
        if len(self._tasks) < self._workers:
            self._tasks.add(asyncio.create_task(self._work()))

    def end(self) -> None:
        """Drop what is not done."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    async def _work(self) -> None:
        """A worker leaves in the step in which it finds nothing to do, or is cancelled. A callback would remove it a
        turn of the loop later, and an item put in between would wait for a worker that has ended.
        """
        try:
            await run_service(
                self._run_next, pause(self._rest_s), "Background task failed", is_over=lambda: not self._waiting
            )
        finally:
            self._tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        if self._dropped:
            logger().warning("Background tasks dropped: too many came at once", count=self._dropped)
            self._dropped = 0

    async def _run_next(self) -> None:
        """Run the next item that is not stale; dropping those before it takes no rest."""
        while self._waiting:
            since, item = self._waiting.popleft()
            if time.monotonic() - since <= PATIENCE_S:
                await self._run(item)
                return
            self._dropped += 1
