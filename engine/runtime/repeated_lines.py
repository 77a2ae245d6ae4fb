"""Equal lines are printed a few times a second; the others are counted, and told once a minute with `more`.

So neither strangers nor a fault that repeats itself can fill a disk, and each fault is still read at once. Limited is
every line from a warning on, ours as well as the libraries'. Lines are equal if they say the same of the same bot and,
of an error, name the same class and place; nothing that a stranger writes makes them differ. Not limited is what the
engine does (below a warning) and the end of a process (critical). At the end of a process the counts are told.
"""

import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final, NamedTuple, TypeAlias

import structlog

from engine.runtime.stack_trace import class_name, origin

A_SECOND: Final = 5
TOLD_AFTER_S: Final = 60.0
MOST_KINDS: Final = 1_000
"""Kinds of lines that are counted apart; beyond it they share one count."""
MORE: Final = "more"
_LIMITED: Final = frozenset({"warning", "error"})
_SUBJECTS: Final = ("event", "bot", "bot_id", "library", "place", "category")
_LONGEST_SUBJECT: Final = 200

Kind: TypeAlias = tuple[tuple[str, Any], ...]

_OF_MANY_KINDS: Final = ("warning", (("event", "Lines of too many kinds"),))


class _Count:
    """Lines of a kind: those printed in this second, and those not printed since the last report."""

    __slots__ = ("more", "printed", "second")

    def __init__(self) -> None:
        self.second = -1
        self.printed = self.more = 0

    def admits(self, second: int) -> bool:
        if self.second != second:
            self.second, self.printed = second, 0
        self.printed += 1
        self.more += self.printed > A_SECOND
        return self.printed <= A_SECOND

    def is_idle(self, second: int) -> bool:
        return self.second != second and not self.more


class Repeated(NamedTuple):
    """What is told of lines that were not printed."""

    method: str
    fields: dict[str, Any]


class RepeatedLines:
    """A processor of the log. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, Kind], _Count] = {}
        self._cleared = -1
        self._timer: threading.Timer | None = None
        self._lock = threading.RLock()
        """Re-entrant, as a finalizer may log at any moment."""

    def __call__(self, _logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Raises DropEvent for a line that is only counted."""
        if method in _LIMITED and MORE not in event and not self._admits(method, _kind(event)):
            raise structlog.DropEvent
        return event

    def tell(self) -> None:
        """Say how many lines of each kind were not printed since the last report."""
        for method, fields in self._take():
            getattr(structlog.get_logger(), method)(**fields)

    def _admits(self, method: str, kind: Kind) -> bool:
        with self._lock:
            second = int(self._clock())
            if self._count(method, kind, second).admits(second):
                return True
            self._set_timer()
            return False

    def _count(self, method: str, kind: Kind, second: int) -> _Count:
        if (method, kind) not in self._counts and not self._has_room(second):
            method, kind = _OF_MANY_KINDS
        return self._counts.setdefault((method, kind), _Count())

    def _has_room(self, second: int) -> bool:
        """Make room for a kind by those that are over; once a second, as that looks at all."""
        if len(self._counts) >= MOST_KINDS and self._cleared != second:
            self._counts = {key: count for key, count in self._counts.items() if not count.is_idle(second)}
            self._cleared = second
        return len(self._counts) < MOST_KINDS

    def _set_timer(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(TOLD_AFTER_S, self.tell)
            self._timer.daemon = True
            self._timer.start()

    def _take(self) -> list[Repeated]:
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            told = [
                Repeated(method, {**dict(kind), MORE: count.more})
                for (method, kind), count in self._counts.items()
                if count.more
            ]
            for count in self._counts.values():
                count.more = 0
        return told


def _kind(event: MutableMapping[str, Any]) -> Kind:
    subjects = tuple((name, _subject(event[name])) for name in _SUBJECTS if name in event)
    error = _error(event.get("exc_info") or event.get("error"))
    return (*subjects, ("error", class_name(error)), ("raised_at", origin(error))) if error else subjects


def _subject(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)[:_LONGEST_SUBJECT]


def _error(exc_info: Any) -> BaseException | None:
    """The error, in whichever of its ways it was given to the log."""
    error = exc_info[1] if isinstance(exc_info, tuple) else sys.exception() if exc_info is True else exc_info
    return error if isinstance(error, BaseException) else None
