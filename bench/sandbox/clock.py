"""The sandbox's two clocks.

Dates, ages and the times of the record follow the wall clock, which can be moved: to let 48 hours pass, or to reach a
fault's window. Waits follow the steady clock, which cannot be moved.
"""

import time

_NS_PER_MS = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.offset_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // _NS_PER_MS + self.offset_ms

    @staticmethod
    def steady_ms() -> int:
        return time.monotonic_ns() // _NS_PER_MS
