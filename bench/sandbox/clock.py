"""The sandbox's two clocks.

What is told, such as dates, ages and the times of the record, goes by the wall clock and can be moved: to let 48 hours
pass, or to stand before a fault's window. What is waited for goes by the steady one, which nobody moves.
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
