"""The Redis server's clock as a process knows it between two answers: the last reading plus the time elapsed since.

Redis itself decides whether something is due; this estimate anchors what comes next. An answer is always older than its
handling, on a busy machine by much. So of the last minute's answers the one handled soonest counts, and nothing is
anchored too early.

It also notices when somebody sets the server's clock. One that jumps ahead makes people look silent for longer than
they were, so nothing may be sent for as long as it jumped: then every silence has really lasted. It cannot tell a jump
from a pause of this process that its own clock did not see, as on a virtual machine that was moved; so that time is
bounded.
"""

from collections.abc import Callable
from math import inf
from typing import Final

from engine.core.watermark import CLOCKS_APART_MS
from engine.runtime.elapsed import elapsed_s

WINDOW_S: Final = 30.0
SETTLED_AFTER_S: Final = 10.0
"""A clock that was set, even back, may be set again in a moment."""
LONGEST_S: Final = 3_600.0
"""After a longer jump somebody has to look: restarted pollers go by the clock as it is."""


class ServerClock:
    def __init__(self, now_ms: int, elapsed_s: Callable[[], float] = elapsed_s) -> None:
        self._elapsed_s = elapsed_s
        self._window_began = elapsed_s()
        self._ahead_ms = self._ahead_before_ms = now_ms - elapsed_s() * 1000
        self._least_ms, self._most_ms = -inf, inf
        """Between which the server's clock is ahead of this process's, as the last answers tell."""
        self._settles_s = -inf
        self.jumped_ms = 0
        """By how much it was last set, ahead or back."""

    def hear(self, now_ms: int, asked_s: float | None = None) -> None:
        """Take in a time that the server has just answered. `asked_s`: when it was asked, by this process's own clock;
        the server's clock was read between that moment and this one.
        """
        elapsed = self._elapsed_s()
        ahead_ms = now_ms - elapsed * 1000
        self._judge(elapsed, ahead_ms, None if asked_s is None else now_ms - asked_s * 1000)
        if elapsed - self._window_began >= WINDOW_S:
            self._window_began, self._ahead_before_ms, self._ahead_ms = elapsed, self._ahead_ms, ahead_ms
        self._ahead_ms = max(self._ahead_ms, ahead_ms)

    def now_ms(self) -> int:
        return int(max(self._ahead_ms, self._ahead_before_ms) + self._elapsed_s() * 1000)

    @property
    def is_settled(self) -> bool:
        """Nobody has set it lately: what it says of a silence is true."""
        return self.settles_in_s <= 0

    @property
    def settles_in_s(self) -> float:
        return self._settles_s - self._elapsed_s()

    def _judge(self, elapsed: float, least_ms: float, most_ms: float | None) -> None:
        """Compare with the answers before: what is beyond both bounds by more than clocks may differ is a jump."""
        jumped_ms = 0.0
        if least_ms - self._most_ms > CLOCKS_APART_MS:
            jumped_ms = least_ms - self._most_ms
        elif most_ms is not None and self._least_ms - most_ms > CLOCKS_APART_MS:
            jumped_ms = most_ms - self._least_ms
        if jumped_ms:
            self._begin_again(elapsed, least_ms, jumped_ms)
        if most_ms is not None or jumped_ms:
            self._least_ms, self._most_ms = least_ms, least_ms if most_ms is None else most_ms

    def _begin_again(self, elapsed: float, ahead_ms: float, jumped_ms: float) -> None:
        """Two jumps ahead add up, and one back takes from those before."""
        self.jumped_ms = round(jumped_ms)
        self._window_began, self._ahead_ms, self._ahead_before_ms = elapsed, ahead_ms, ahead_ms
        owed_s = max(0.0, self._settles_s - elapsed) + jumped_ms / 1000
        self._settles_s = elapsed + min(LONGEST_S, max(SETTLED_AFTER_S, owed_s))
