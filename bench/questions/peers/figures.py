"""What one trial measured, and the medians of several. Pure."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bench.harness.percentiles import percentile

_EARLY_MS: Final = -1
"""Clocks and libraries round to a millisecond."""


class Touches(NamedTuple):
    """`client_us` and `redis_us`: CPU time for each touch."""

    per_s: float
    client_us: float
    redis_us: float


class Memory(NamedTuple):
    """Bytes for each armed chat: in Redis after its first message and its fifth, and in workers that hold timers."""

    redis: float
    redis_after_five: float
    workers: float | None


class Lateness(NamedTuple):
    """In ms, from due to the start of the work. What had not begun by the end counts as late as it was then."""

    p50: float
    p99: float
    most: float
    early: int
    begun: int
    due: int


def lateness(dues_s: Sequence[float], begun_s: dict[int, float], end_s: float) -> Lateness:
    """The dues by chat, the first beginning of each, and the moment at which nobody waited any longer."""
    late = sorted(round(1000 * (begun_s.get(chat, end_s) - due_s), 1) for chat, due_s in enumerate(dues_s))
    return Lateness(
        p50=percentile(late, 50),
        p99=percentile(late, 99),
        most=late[-1],
        early=sum(ms < _EARLY_MS for ms in late),
        begun=len(begun_s),
        due=len(dues_s),
    )


def median_touches(found: Sequence[Touches]) -> Touches:
    return Touches(*_medians(found))


def median_lateness(found: Sequence[Lateness]) -> Lateness:
    """Early ones are added up, not averaged: one is too many."""
    p50, p99, most, _, begun, due = _medians(found)
    return Lateness(p50, p99, most, sum(one.early for one in found), int(begun), int(due))


def _medians(found: Iterable[Sequence[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*found, strict=True)]
