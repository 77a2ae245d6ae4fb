"""The Redis server's clock, as a process knows it between two answers: the last one heard, plus what has elapsed since.

Whether something is due is decided in Redis itself; this estimate only anchors what comes next.
"""

import time


class ServerClock:
    def __init__(self, now_ms: int) -> None:
        self._heard_ms = now_ms
        self._heard_at = time.monotonic()

    def hear(self, now_ms: int) -> None:
        self._heard_ms = now_ms
        self._heard_at = time.monotonic()

    def now_ms(self) -> int:
        return self._heard_ms + int((time.monotonic() - self._heard_at) * 1000)
