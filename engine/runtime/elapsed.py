"""The time that has passed, by a clock that nobody sets, and that goes on while the machine is suspended.

Nothing is dated by it: it says how long something took, or is ago, in this process.
"""

import time
from typing import Final


def _clock() -> int:
    """CLOCK_BOOTTIME where there is one; CLOCK_MONOTONIC stands still while the machine does."""
    clock: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    try:
        if clock is not None:
            time.clock_gettime(clock)
            return clock
    except OSError:
        return time.CLOCK_MONOTONIC
    return time.CLOCK_MONOTONIC


_CLOCK: Final = _clock()


def elapsed_s() -> float:
    return time.clock_gettime(_CLOCK)
