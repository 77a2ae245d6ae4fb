"""A signal that something changed: those who wait for a condition check it again."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")


class ChangeSignal:
    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self.changes = 0

    def notify(self) -> None:
        self.changes += 1
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, look: Callable[[], _Found | None], seconds: float) -> _Found | None:
        """Return what `look` finds, as soon as it finds something; None after that many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (found := look()) is None and (left := end - loop.time()) > 0:
            await self._next_change(left)
        return found

    async def _next_change(self, seconds: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await asyncio.wait((waiter,), timeout=seconds)
        finally:
            self._waiting.discard(waiter)
