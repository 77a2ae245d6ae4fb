"""How fast a bot may speak: a token bucket, filled by the clock that it is shown.

It starts empty, so that a successor never adds a burst to its predecessor's, and holds a fifth of a second's worth: the
sends of a second never exceed the rate by more than that.
"""

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

    def take(self, wanted: int, now_s: float) -> int:
        """Take what is there, at most `wanted` tokens."""
        self._fill(now_s)
        taken = min(wanted, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self, tokens: int) -> None:
        self._tokens = min(self._room, self._tokens + tokens)

    def wait_s(self, now_s: float) -> float:
        """How long until one token is there."""
        self._fill(now_s)
        return max(0.0, (1.0 - self._tokens) / self.rate)

    def _fill(self, now_s: float) -> None:
        self._tokens = min(self._room, self._tokens + max(0.0, now_s - self._filled_s) * self.rate)
        self._filled_s = now_s
