"""How fast a bot may send: a token bucket, filled by the clock that it is given.

It starts empty, so that a successor never adds a burst to its predecessor's, and holds a fifth of a second's worth: the
sends of one second never exceed the rate by more than that. At low rates the bucket holds 1.5 messages, so that a late
poll does not lower the effective rate. An album goes into debt for its messages: later sends wait until the debt is
paid. After a hold the bucket is empty again.

A quarter of the tokens is kept for timers that have just fallen due, so that a first reminder does not wait for the end
of a burst.

Telegram slows down before it refuses: it answers seconds late. So the rate falls as soon as most answers are late, and
grows again when they are not, or when there are too few of them. The median decides: one slow chat slows no lane.
"""

import math
from collections import deque
from statistics import median
from typing import Final

FREE_MOST: Final = 30
"""Messages that Telegram lets a bot send in a second."""
PAID_MOST: Final = 1_000
"""The same for a bot that pays for what exceeds the free rate."""
FIRST_CALL_S: Final = 0.05
"""Many tokens make their first call one after the other."""
BURST_S: Final = 0.2
AHEAD_S: Final = 0.4
"""The share of a second's rate that may hold a token without having reached the wire.

When servers stall for seconds, sends pile up behind them; when they recover, no more than this leaves at once.
"""
_LEAST_AHEAD: Final = 4
"""At a low rate too, one slow chat or upload must not hold up the others."""
_LEAST_ROOM: Final = 1.5
_FRESH: Final = 4
"""One token in four is for timers that have just fallen due."""
_JUDGED_BY: Final = 16
"""The number of answers, and their greatest age, that tell how late Telegram is."""
_NEWS_S: Final = 10.0
_LATE_S: Final = 1.0
_PROMPT_S: Final = 0.5
_FALL: Final = 0.7
_PAUSE_S: Final = 1.0
"""The factor by which the rate falls, at most once in the pause; it grows by a share of the full rate every second."""
_GROWTH: Final = 0.1
_FLOOR: Final = 0.1


def most_ahead(rate: float) -> int:
    return max(_LEAST_AHEAD, int(rate * AHEAD_S))


def room(rate: float) -> float:
    """The most tokens that the bucket holds."""
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
        """Take the tokens that are there, at most `wanted`."""
        self._fill(now_s)
        taken = max(0, min(wanted, int(self._tokens)))
        self._tokens -= taken
        return taken

    def owe(self, tokens: int, now_s: float) -> float:
        """Take the tokens even if they are not there; returns the seconds until they are."""
        self._fill(now_s)
        self._tokens -= tokens
        return max(0.0, -self._tokens / self.rate)

    def give_back(self, tokens: int) -> None:
        self._tokens = min(room(self.rate), self._tokens + tokens)

    def hold(self, until_s: float) -> None:
        """Give nothing until then, and start empty; a shorter hold does not cut a longer one."""
        self._tokens = min(0.0, self._tokens)
        self._held_until_s = max(self._held_until_s, until_s)

    def is_held(self, now_s: float) -> bool:
        return now_s < self._held_until_s

    def wait_s(self, now_s: float) -> float:
        """Seconds until one token is there."""
        self._fill(now_s)
        return max(0.0, self._held_until_s - now_s) + max(0.0, (1.0 - self._tokens) / self.rate)

    def _fill(self, now_s: float) -> None:
        filling_s = max(0.0, now_s - max(self._filled_s, self._held_until_s))
        self._tokens = min(0.0 if self.is_held(now_s) else room(self.rate), self._tokens + filling_s * self.rate)
        self._filled_s = now_s


class Share:
    """Counts the share of tokens kept for the newest timers, in whole tokens: the remainder is carried over."""

    def __init__(self) -> None:
        self._seen = 0

    def of(self, tokens: int) -> int:
        share, self._seen = divmod(self._seen + tokens, _FRESH)
        return share


class Throttle:
    """The rate that Telegram bears: at most the `full` one, judged by how late its answers are."""

    def __init__(self, full: int, now_s: float) -> None:
        self.full = full
        self._rate = float(full)
        self._answers: deque[tuple[float, float]] = deque(maxlen=_JUDGED_BY)
        self._looked_s = now_s
        self._fell_s = -math.inf

    def hear(self, took_s: float, now_s: float) -> None:
        """Record an answer and how long it took."""
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
        """The median lateness of the answers; too few of them count as none."""
        news = [took_s for heard_s, took_s in self._answers if now_s - heard_s < _NEWS_S]
        return median(news) if len(news) == _JUDGED_BY else 0.0
