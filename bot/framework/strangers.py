"""What the manager remembers of strangers for an hour: one answer each, and a few tries with what we have signed.

Both memory and work are bounded. Beyond the people that are remembered, further strangers get silence; only what we
have signed still counts then. All strangers together have a number of tries a minute.
"""

import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

MOST_REMEMBERED: Final = 20_000
MOST_TRIES: Final = 5
MOST_TRIES_A_MINUTE: Final = 60
HOUR_S: Final = 3600.0
_MINUTE_S: Final = 60.0


class Signed(StrEnum):
    """What a stranger may hold that we have signed. Neither takes a turn of the other."""

    INVITATION = "perhaps used, or too old"
    BUTTON = "of somebody who was an admin"


class _Stranger(msgspec.Struct):
    """`last_s`: when the person was last granted something; an hour later they are forgotten."""

    last_s: float
    let_in: bool = False
    answered: bool = False
    tries: Counter[Signed] = msgspec.field(default_factory=Counter)


class _Minute:
    """How many tries of all strangers are left in this minute."""

    def __init__(self) -> None:
        self._ends_s = 0.0
        self._left = 0

    def take(self, now_s: float) -> bool:
        if now_s >= self._ends_s:
            self._ends_s, self._left = now_s + _MINUTE_S, MOST_TRIES_A_MINUTE
        self._left -= 1
        return self._left >= 0


class Strangers:
    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._known: dict[int, _Stranger] = {}
        self._minutes = {signed: _Minute() for signed in Signed}

    def __len__(self) -> int:
        return len(self._known)

    def may_enter(self, person: int) -> bool:
        """Whether this is the update of the hour that gets an answer; the next one does not."""
        stranger = self._remembered(person)
        if stranger is None or stranger.let_in:
            return False
        stranger.let_in = True
        return self._granted(person)

    def may_be_answered(self, person: int) -> bool:
        """Whether the one answer of the hour is still to be given; it is given now."""
        stranger = self._remembered(person)
        if stranger is None or stranger.answered:
            return False
        stranger.let_in = stranger.answered = True
        return self._granted(person)

    def may_try(self, person: int, signed: Signed) -> bool:
        """Whether the person may use what we have signed."""
        stranger = self._remembered(person)
        if (stranger and stranger.tries[signed] >= MOST_TRIES) or not self._minutes[signed].take(self._now_s()):
            return False
        if stranger is None:
            return True
        stranger.tries[signed] += 1
        return self._granted(person)

    def return_try(self, person: int, signed: Signed) -> None:
        """The try failed through no fault of the person."""
        stranger = self._known.get(person)
        if stranger and stranger.tries[signed]:
            stranger.tries[signed] -= 1

    def _granted(self, person: int) -> bool:
        """Those who are forgotten last stand last."""
        stranger = self._known.pop(person)
        stranger.last_s = self._now_s()
        self._known[person] = stranger
        return True

    def _remembered(self, person: int) -> _Stranger | None:
        """What is remembered of a person; None if there is no room for another one."""
        self._forget()
        if person not in self._known and len(self._known) < MOST_REMEMBERED:
            self._known[person] = _Stranger(self._now_s())
        return self._known.get(person)

    def _forget(self) -> None:
        while self._known:
            person, stranger = next(iter(self._known.items()))
            if self._now_s() - stranger.last_s < HOUR_S:
                return
            del self._known[person]
