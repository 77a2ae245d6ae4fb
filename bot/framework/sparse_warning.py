"""A warning that strangers can cause: a line a minute at most, with the number of times since the line before."""

import time
from typing import Final

from engine.runtime.telemetry import logger

_PAUSE_S: Final = 60.0


class SparseWarning:
    def __init__(self, event: str) -> None:
        self._event = event
        self._next_s = 0.0
        self._count = 0

    def note(self, **fields: object) -> None:
        """It has happened once more; the fields tell about this time."""
        self._count += 1
        if time.monotonic() >= self._next_s:
            logger().warning(self._event, count=self._count, **fields)
            self._next_s, self._count = time.monotonic() + _PAUSE_S, 0
