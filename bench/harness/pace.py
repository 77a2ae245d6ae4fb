"""Did any bot send faster than its pace? Judged by what the sandbox accepted, as a bucket that leaks at the pace. Pure.

Each accepted message fills its bot's bucket by one; the rate leaks out. The engine may fill it by what its own token
bucket holds, and by what may be on its way to the wire when the servers pause and go on. Messages that leave on time
may still arrive unevenly, on two cores that other processes use as well: a request that is held up for J longer than
those behind it looks like a burst of the rate times J, and where the queue is long the bucket stays ahead by it.
JITTER_S leaves room for that. A bot that two pollers serve at once gains on the pace by its rate a second, and exceeds
the tolerance soon after a second; so does one whose sends were locked for longer and leave all at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bench.sandbox.protocol import Row
from engine.core.delivery.rate_limit import most_ahead, room

RATE: Final = 25
"""Messages a second and bot: the default of the engine."""

JITTER_S: Final = 0.4
TOLERANCE: Final = RATE * JITTER_S


class Pace(NamedTuple):
    """`overfill`: how many messages each bot was ahead of what the pace allows, at worst.

    `over`: how many requests exceeded the tolerance.
    """

    overfill: dict[int, float]
    over: int

    @property
    def worst(self) -> float:
        return max(self.overfill.values(), default=0.0)


def allowed(rate: float) -> float:
    return room(rate) + most_ahead(rate)


def measure(rows: Iterable[Row], rate: float = RATE) -> Pace:
    arrivals: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row.method == "sendMessage" and row.ok:
            arrivals[row.bot_id].append(row.arrived_ms)
    excess = {
        bot: [level - allowed(rate) for level in levels(sorted(moments), rate)] for bot, moments in arrivals.items()
    }
    return Pace(
        {bot: round(max(0.0, *ahead), 2) for bot, ahead in excess.items()},
        sum(one > rate * JITTER_S for ahead in excess.values() for one in ahead),
    )


def levels(arrivals_ms: Sequence[int], rate: float = RATE) -> list[float]:
    """How full the bucket is after each arrival."""
    found: list[float] = []
    level, before_ms = 0.0, 0
    for moment_ms in arrivals_ms:
        level = max(0.0, level - rate * (moment_ms - before_ms) / 1000) + 1
        before_ms = moment_ms
        found.append(level)
    return found
