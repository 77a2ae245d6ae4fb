"""All entrants take turns at each kind of work, round after round; a refusal takes only its entrant out."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec
import psutil
from redis.exceptions import RedisError

from bench.harness.stack import Stack
from bench.questions.peers import environments
from bench.questions.peers.catalogue import FIRE, MEMORY, TOUCH, Way
from bench.questions.peers.comparison import Row
from bench.questions.peers.figures import Lateness, Memory, Touches
from bench.questions.peers.trial import Scale, Trial
from engine.core.errors import RecoveryError

_REFUSALS: Final = (RecoveryError, RedisError, psutil.Error, msgspec.DecodeError)
"""A process that ended, said something odd, or kept Redis from answering."""


@dataclass
class Entrant:
    """One way to do the work, and what has been measured of it so far."""

    way: Way
    trial: Trial | None = None
    touched: list[Touches] = field(default_factory=list)
    memory: Memory | None = None
    fired: dict[int, list[Lateness]] = field(default_factory=dict)
    refusal: str = ""

    @property
    def row(self) -> Row:
        return Row(self.way.name, self.touched, self.memory, self.fired, self.refusal)


Work: TypeAlias = Callable[[Entrant, Trial], Awaitable[None]]


class Contest:
    def __init__(self, stack: Stack, scale: Scale, ways: Sequence[Way], say: Callable[[str], None]) -> None:
        self._stack = stack
        self._scale = scale
        self._say = say
        self._entrants = [Entrant(way) for way in ways]

    @property
    def rows(self) -> list[Row]:
        return [entrant.row for entrant in self._entrants]

    def prepare(self) -> None:
        """Make the environments that are missing."""
        for entrant in self._entrants:
            with _or_refusal(entrant):
                environment = environments.ready(entrant.way.pins, self._say)
                entrant.trial = Trial(self._stack, self._scale, entrant.way, environment)

    async def touches(self, rounds: int) -> None:
        async def touch(entrant: Entrant, trial: Trial) -> None:
            entrant.touched.append(await trial.touch())

        await self._rounds(TOUCH, rounds, "Touches", touch)

    async def memory(self) -> None:
        async def remember(entrant: Entrant, trial: Trial) -> None:
            entrant.memory = await trial.memory()

        await self._rounds(MEMORY, 1, "Memory", remember)

    async def lateness(self, rate: int, rounds: int) -> None:
        async def fire(entrant: Entrant, trial: Trial) -> None:
            entrant.fired.setdefault(rate, []).append(await trial.fire(rate))

        await self._rounds(FIRE, rounds, f"{rate} due a second", fire)

    async def _rounds(self, kind: str, rounds: int, title: str, work: Work) -> None:
        """The thorough ones in each round, the others in the first one alone."""
        for number in range(rounds):
            self._say(f"{title}, round {number + 1} of {rounds}")
            for entrant in self._entrants:
                if kind in entrant.way.works and (entrant.way.thorough or not number) and entrant.trial:
                    with _or_refusal(entrant):
                        await work(entrant, entrant.trial)


@contextmanager
def _or_refusal(entrant: Entrant) -> Iterator[None]:
    try:
        yield
    except _REFUSALS as error:
        entrant.trial, entrant.refusal = None, str(error)
