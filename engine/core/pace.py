"""How fast a bot may speak: a token bucket, filled by the clock that it is shown.

It starts empty, so that a successor never adds a burst to its predecessor's, and holds a fifth of a second's worth: the
sends of a second never exceed the rate by more than that. What counts as several messages goes into debt for them, and
waits until the debt is paid off: whoever comes later waits behind it. After a hold it is empty again.
"""

import math
from typing import Final

BURST_S: Final = 0.2
AHEAD_S: Final = 0.4
"""So much of the rate may have its token and not be at the wire yet.

Servers that stand still for seconds hold up what is on its way; when they go on, no more than this leaves at once.
"""


def most_ahead(rate: int) -> int:
    return max(1, int(rate * AHEAD_S))


class Bucket:
    """`rate` tokens a second."""

    def __init__(self, rate: int, now_s: float) -> None:
        self.rate = rate
        self._room = max(1.0, rate * BURST_S)
        self._tokens = 0.0
        self._filled_s = now_s
        self._held_until_s = -math.inf

    def take(self, wanted: int, now_s: float) -> int:
        """Take what is there, at most `wanted` tokens."""
        self._fill(now_s)
        taken = max(0, min(wanted, int(self._tokens)))
        self._tokens -= taken
        return taken

    def owe(self, tokens: int, now_s: float) -> float:
        """Take them whether they are there or not; gives how long until they are."""
        self._fill(now_s)
        self._tokens -= tokens
        return max(0.0, -self._tokens / self.rate)

    def give_back(self, tokens: int) -> None:
        self._tokens = min(self._room, self._tokens + tokens)

    def hold(self, until_s: float) -> None:
        """Give nothing until then, and begin empty; a shorter hold does not cut a longer one."""
        self._tokens = min(0.0, self._tokens)
        self._held_until_s = max(self._held_until_s, until_s)

    def is_held(self, now_s: float) -> bool:
        return now_s < self._held_until_s

    def wait_s(self, now_s: float) -> float:
        """How long until one token is there."""
        self._fill(now_s)
        return max(0.0, self._held_until_s - now_s) + max(0.0, (1.0 - self._tokens) / self.rate)

    def _fill(self, now_s: float) -> None:
        filling_s = max(0.0, now_s - max(self._filled_s, self._held_until_s))
        self._tokens = min(0.0 if self.is_held(now_s) else self._room, self._tokens + filling_s * self.rate)
        self._filled_s = now_s
