"""Who rests, who writes, and whose silence ends while Redis is emptied. Times count from that moment. Pure.

Each writer was silent for so long that their reminder would be due soon after they write: if the engine forgets that
they wrote, they are nudged by mistake.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

BOTS: Final = 10
THRESHOLD_MS: Final = 3_600_000
WRITING_BEFORE_S: Final = 30
WRITING_S: Final = 50
"""In all: people go on writing while the timers are rebuilt."""
_WRITERS: Final = 10
"""One in so many chats."""
_DUE: Final = 500
_FEWEST_DUE: Final = 400
_DUE_FROM_MS: Final = -20_000
_DUE_FOR_MS: Final = 80_000
REST_MS: Final = 600_000
STEP_MS: Final = 7_919
"""A prime: the rests of neighbours differ."""
_SOON_MS: Final = 10_000
_WITHIN_MS: Final = 30_000


class Writer(NamedTuple):
    """Writer `number` writes at `writes_ms`; without that they would be nudged at `due_ms`."""

    number: int
    writes_ms: int
    due_ms: int


class Plan(NamedTuple):
    """How many chats there are of each kind, in all; the bots have them in turn."""

    chats: int

    @property
    def writers(self) -> int:
        return self.chats // _WRITERS

    @property
    def due(self) -> int:
        return max(_FEWEST_DUE, self.chats // _DUE)

    @property
    def resting(self) -> int:
        return self.chats - self.writers - self.due

    @property
    def writes_a_second(self) -> float:
        return self.writers / WRITING_S

    def writer(self, number: int) -> Writer:
        writes_ms = math.floor(1000 * (number / self.writes_a_second - WRITING_BEFORE_S))
        return Writer(number, writes_ms, max(writes_ms, 0) + _SOON_MS + STEP_MS * number % _WITHIN_MS)

    def due_ms(self, number: int) -> int:
        """When the silence ends of the chat with this number among those that are due."""
        return _DUE_FROM_MS + _DUE_FOR_MS * number // self.due


def of_bot(place: int, count: int) -> range:
    """The numbers, of so many, that belong to the bot at this place."""
    return range(place, count, BOTS)


def seen_ms(number: int, latest_ms: int) -> int:
    """When somebody who rests was last seen: within some minutes before `latest_ms`, so that nothing is due soon."""
    return latest_ms - number * STEP_MS % REST_MS


def in_lists(numbers: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), most):
        yield numbers[start : start + most]
