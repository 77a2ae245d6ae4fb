"""Which strike comes when: a table that follows from the seed alone, so that a storm can be repeated. Pure.

Strikes of one series come one after another: each ends, and the service has time to recover, before the next begins.
The three series overlap: while a server restarts, connections may be slow and Telegram may refuse.
"""

import random
from collections.abc import Iterator, Mapping
from enum import StrEnum, auto
from typing import Final, NamedTuple

FIRST_S: Final = 5.0
"""By then people are writing, and the first messages go out."""
_JITTER_S: Final = 0.5


class Kind(StrEnum):
    KILL_POLLER = auto()
    FREEZE_POLLER = auto()
    KILL_RECEIVER = auto()
    FREEZE_RECEIVER = auto()
    KILL_MANAGER = auto()
    KILL_VALKEY = auto()
    FLUSH_VALKEY = auto()
    RESTART_POSTGRES = auto()
    DEPLOY = auto()
    RESHARD = auto()
    CUT_VALKEY = auto()
    CUT_POSTGRES = auto()
    SLOW_VALKEY = auto()
    SLOW_POSTGRES = auto()
    TOO_MANY_REQUESTS = auto()
    INTERNAL_ERROR = auto()
    HANG = auto()
    ACCEPT_THEN_DROP = auto()
    DROP_BEFORE_ACCEPT = auto()


class Series(NamedTuple):
    """How long each kind lasts, and how long the service has to recover from any of them."""

    lasts_s: Mapping[Kind, float]
    rest_s: float


MACHINES: Final = Series(
    {
        Kind.KILL_POLLER: 0,
        Kind.FREEZE_POLLER: 6,
        Kind.KILL_RECEIVER: 5,
        Kind.FREEZE_RECEIVER: 8,
        Kind.KILL_MANAGER: 0,
        Kind.KILL_VALKEY: 1,
        Kind.FLUSH_VALKEY: 0,
        Kind.RESTART_POSTGRES: 2,
        Kind.DEPLOY: 14,
        Kind.RESHARD: 2,
    },
    rest_s=7,
)
NETWORK: Final = Series(
    {Kind.CUT_VALKEY: 0, Kind.CUT_POSTGRES: 0, Kind.SLOW_VALKEY: 3, Kind.SLOW_POSTGRES: 3}, rest_s=5
)
TELEGRAM: Final = Series(
    {
        Kind.TOO_MANY_REQUESTS: 2,
        Kind.INTERNAL_ERROR: 2,
        Kind.HANG: 2,
        Kind.ACCEPT_THEN_DROP: 2,
        Kind.DROP_BEFORE_ACCEPT: 2,
    },
    rest_s=4,
)
STORM: Final = (MACHINES, NETWORK, TELEGRAM)


class Strike(NamedTuple):
    """`aim`, from 0 to 1, decides who is struck where there is a choice."""

    at_s: float
    kind: Kind
    lasts_s: float
    aim: float

    @property
    def ends_s(self) -> float:
        return self.at_s + self.lasts_s

    def as_line(self) -> str:
        return (
            f"{self.at_s:6.1f} s  {self.kind.replace('_', ' '):<20}{f'for {self.lasts_s:g} s' if self.lasts_s else ''}"
        )


def plan(series: Series, seconds: float, seed: int) -> list[Strike]:
    """The strikes of one series. The last one leaves time to recover before the storm is over."""
    return list(_strikes(series, seconds, random.Random(f"chaos {seed} {', '.join(series.lasts_s)}")))


def _strikes(series: Series, seconds: float, draw: random.Random) -> Iterator[Strike]:
    at_s = FIRST_S + draw.uniform(0, _JITTER_S)
    for kind in _kinds(series, draw):
        lasts_s = series.lasts_s[kind]
        if at_s + lasts_s + series.rest_s > seconds:
            return
        yield Strike(round(at_s, 1), kind, lasts_s, round(draw.random(), 3))
        at_s += lasts_s + series.rest_s + draw.uniform(_JITTER_S / 5, _JITTER_S)


def _kinds(series: Series, draw: random.Random) -> Iterator[Kind]:
    """Every kind once, in an order of its own, and then again."""
    kinds = list(series.lasts_s)
    while True:
        yield from draw.sample(kinds, len(kinds))
