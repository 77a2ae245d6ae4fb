"""Wakes the one who waits at the earliest of the moments for which it was set, and never before.

An event loop counts in whole milliseconds, and may call a little too early: then the alarm waits for the rest.
"""

import asyncio
import time
from typing import Final

_SHORTEST_S: Final = 0.001
"""A shorter wait would keep the loop busy."""


class Alarm:
    def __init__(self) -> None:
        self._rang = asyncio.Event()
        self._at_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, after_s: float) -> None:
        """Ring after this time, unless it rings before anyway."""
        at_s = time.monotonic() + after_s
        if self._at_s is None or at_s < self._at_s:
            self._at_s = at_s
            self._wait_for(after_s)

    async def wait(self) -> None:
        """Until it rings. From then on it has to be set again."""
        try:
            await self._rang.wait()
        finally:
            self._forget()

    def _wait_for(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        early_s = (self._at_s or 0.0) - time.monotonic()
        if early_s > 0:
            self._wait_for(max(_SHORTEST_S, early_s))
        else:
            self._rang.set()

    def _forget(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._rang.clear()
        self._at_s = self._timer = None
