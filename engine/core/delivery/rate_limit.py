"""How fast a bot may speak: a token bucket, filled by the clock that it is shown.

It starts empty, so that a successor never adds a burst to its predecessor's, and holds a fifth of a second's worth: the
sends of a second never exceed the rate by more than that. Where this is less than one message, it holds half a message
more than one, so that a look that comes late loses nothing of the rate. What counts as several messages goes into debt
for them, and waits until the debt is paid off: whoever comes later waits behind it. After a hold it is empty again.

A quarter of it is kept for what has just fallen due, so that a first reminder does not wait for the end of a herd.

Telegram slows down before it refuses: it answers seconds late. So the rate falls as soon as most answers are late, and
grows again when they are not, or when too few are known. The median tells: one slow chat slows no lane.
"""

import math
from collections import deque
from statistics import median
from typing import Final

FREE_MOST: Final = 30
"""What Telegram lets a bot send in a second."""
PAID_MOST: Final = 1_000
"""And when it is paid for what exceeds that."""
FIRST_CALL_S: Final = 0.05
"""Many tokens make their first call one after the other."""
BURST_S: Final = 0.2
AHEAD_S: Final = 0.4
"""So much of the rate may have its token and not be at the wire yet.

Servers that stand still for seconds hold up what is on its way; when they go on, no more than this leaves at once.
"""
_LEAST_AHEAD: Final = 4
"""At a low pace too, one slow chat or upload must not hold up the others."""
_LEAST_ROOM: Final = 1.5
_FRESH: Final = 4
"""One of so many tokens is for what has just fallen due."""
_JUDGED_BY: Final = 16
"""So many answers tell how late Telegram is, and for so long."""
_NEWS_S: Final = 10.0
_LATE_S: Final = 1.0
_PROMPT_S: Final = 0.5
_FALL: Final = 0.7
_PAUSE_S: Final = 1.0
"""A rate falls to so much of itself, at most once in so long; it grows by a share of the full one in a second."""
_GROWTH: Final = 0.1
_FLOOR: Final = 0.1


def most_ahead(rate: float) -> int:
    return max(_LEAST_AHEAD, int(rate * AHEAD_S))


def room(rate: float) -> float:
    """How many tokens are there at most."""
    return max(_LEAST_ROOM, rate * BURST_S)


class Bucket:
    """`rate` tokens a second."""

    def __init__(self, rate: float, now_s: float) -> None:
        self.rate = rate
        self._tokens = 0.0
        self._filled_s = now_s
        self._held_until_s = -math.inf

    def change(self, rate: float, now_s: float) -> None:
        self._fill(now_s)
        self.rate = rate

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
        self._tokens = min(room(self.rate), self._tokens + tokens)

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
        self._tokens = min(0.0 if self.is_held(now_s) else room(self.rate), self._tokens + filling_s * self.rate)
        self._filled_s = now_s


class Share:
    """What is kept for the newest of the tokens that are taken, whole ones only: what is left over is kept in mind."""

    def __init__(self) -> None:
        self._seen = 0

    def of(self, tokens: int) -> int:
        share, self._seen = divmod(self._seen + tokens, _FRESH)
        return share


class Throttle:
    """The rate that Telegram bears: at most the `full` one, by how late it answers."""

    def __init__(self, full: int, now_s: float) -> None:
        self.full = full
        self._rate = float(full)
        self._answers: deque[tuple[float, float]] = deque(maxlen=_JUDGED_BY)
        self._looked_s = now_s
        self._fell_s = -math.inf

    def hear(self, took_s: float, now_s: float) -> None:
        """An answer has come, after so long."""
        self._answers.append((now_s, took_s))

    def rate(self, now_s: float) -> float:
        lateness_s = self._lateness_s(now_s)
        if lateness_s > _LATE_S and now_s - self._fell_s >= _PAUSE_S:
            self._rate = max(self.full * _FLOOR, self._rate * _FALL)
            self._fell_s = now_s
        elif lateness_s < _PROMPT_S:
            self._rate = min(self.full, self._rate + self.full * _GROWTH * (now_s - self._looked_s))
        self._looked_s = now_s
        return self._rate

    def _lateness_s(self, now_s: float) -> float:
        """Of most answers; too few of them say nothing."""
        news = [took_s for heard_s, took_s in self._answers if now_s - heard_s < _NEWS_S]
        return median(news) if len(news) == _JUDGED_BY else 0.0
