"""Counts those who are turned away at the door, and says their numbers in one line a minute.

Anybody on the internet can be turned away as often as they like, so none of them gets a line of their own. Only
numbers are kept: an address, a path, a key or a secret that did not fit is in no log.
"""

from collections import Counter
from enum import StrEnum
from typing import Final

from engine.runtime import metrics
from engine.runtime.telemetry import logger

EVERY_S: Final = 60.0


class Why(StrEnum):
    """Labels of the metric, and names in the log, which masks whatever is called a key or a secret."""

    UNKNOWN_ADDRESS = "unknown_address"
    UNPROVED_UPDATE = "unproved_update"
    UNPROVED_CALL = "unproved_call"
    PACKED_BODY = "packed_body"
    UNREADABLE = "unreadable"
    LONG_HEAD = "long_head"
    TOO_SLOW = "too_slow"
    TOO_MANY = "too_many"


class TurnedAway:
    """The first is told at once, and those of the next minute together at its end."""

    def __init__(self) -> None:
        self._untold: Counter[str] = Counter()
        self._next_s = float("-inf")

    def count(self, why: Why) -> None:
        self._untold[why.value] += 1
        metrics.turned_away.labels(why.value).inc()

    def tell(self, now_s: float) -> None:
        if self._untold and now_s >= self._next_s:
            self._next_s = now_s + EVERY_S
            self.tell_rest()

    def tell_rest(self) -> None:
        """What the minute has not told yet, because the process ends."""
        if self._untold:
            logger().warning("Turned away", **self._untold)
            self._untold.clear()
