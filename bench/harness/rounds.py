"""Contestants take turns, round after round, so that what slows the machine for a while slows all of them alike.

Compare within a round: the ratio of two contestants is the median of their ratios, round by round.
"""

import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

Meters: TypeAlias = Mapping[str, Callable[[], float]]
"""The CPU seconds that each process has used so far."""

Contestant: TypeAlias = Callable[[], Awaitable[int]]
"""Works for a while, and gives how many things it has done."""

_RATIO_DIGITS: Final = 6
"""More than are shown: a goal is compared with what was measured."""


class Turn(NamedTuple):
    """What one contestant did in one round, and what each process used of a core meanwhile."""

    done: int
    wall_s: float
    cpu_s: Mapping[str, float]

    @property
    def per_s(self) -> float:
        return self.done / self.wall_s

    def cpu_us(self, process: str) -> float:
        """For each thing that was done."""
        return 1e6 * self.cpu_s[process] / self.done if self.done else 0.0


class Spread(NamedTuple):
    median: float
    least: float
    most: float


def spread(values: Iterable[float], digits: int = 0) -> Spread:
    ordered = sorted(values)
    return Spread(*(round(value, digits) for value in (statistics.median(ordered), ordered[0], ordered[-1])))


def ratio(turns: Sequence[Turn], to: Sequence[Turn]) -> Spread:
    return spread((turn.per_s / other.per_s for turn, other in zip(turns, to, strict=True)), _RATIO_DIGITS)


async def interleave(
    contestants: Mapping[str, Contestant],
    rounds: int,
    meters: Meters,
    prepare: Mapping[str, Callable[[], Awaitable[None]]] = MappingProxyType({}),
) -> dict[str, list[Turn]]:
    """Each round begins with another contestant. What one needs before each of its turns is not measured."""
    turns: dict[str, list[Turn]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in _rotated(list(contestants), number):
            if name in prepare:
                await prepare[name]()
            turns[name].append(await _turn(contestants[name], meters))
    return turns


async def _turn(contestant: Contestant, meters: Meters) -> Turn:
    before, began_s = _cpu_s(meters), time.perf_counter()
    done = await contestant()
    wall_s, after = time.perf_counter() - began_s, _cpu_s(meters)
    return Turn(done, wall_s, {name: after[name] - before[name] for name in after})


def _rotated(names: Sequence[str], number: int) -> list[str]:
    start = number % len(names)
    return [*names[start:], *names[:start]]


def _cpu_s(meters: Meters) -> dict[str, float]:
    return {name: meter() for name, meter in meters.items()}
