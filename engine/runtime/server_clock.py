"""The Redis server's clock as a process knows it between two answers: the last reading plus the time elapsed since.

Redis itself decides whether something is due; this estimate anchors what comes next. An answer is always older than its
handling, on a busy machine by much. So of the last minute's answers the one handled soonest counts, and nothing is
anchored too early.
"""

import time
from collections.abc import Callable
from typing import Final

WINDOW_S: Final = 30.0


class ServerClock:
    def __init__(self, now_ms: int, elapsed_s: Callable[[], float] = time.monotonic) -> None:
        self._elapsed_s = elapsed_s
        self._window_began = elapsed_s()
        self._ahead_ms = self._ahead_before_ms = now_ms - elapsed_s() * 1000

    def hear(self, now_ms: int) -> None:
        """Take in a time that the server has just answered."""
        elapsed = self._elapsed_s()
        ahead_ms = now_ms - elapsed * 1000
        if elapsed - self._window_began >= WINDOW_S:
            self._window_began, self._ahead_before_ms, self._ahead_ms = elapsed, self._ahead_ms, ahead_ms
        self._ahead_ms = max(self._ahead_ms, ahead_ms)

    def now_ms(self) -> int:
        return int(max(self._ahead_ms, self._ahead_before_ms) + self._elapsed_s() * 1000)
