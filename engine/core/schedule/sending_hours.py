"""When a campaign may send: days and hours in its zone, and what happens to a step that is due outside them.

A window may cross midnight; it then belongs to the day on which it opens. Its edges are local times, like a schedule's:
a time that does not exist moves forward by the gap, a time that happens twice is taken the first time. When a window
opens, the people who waited for it are spread out, so that it does not open with a burst.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import Final, Literal, TypeAlias
from zlib import crc32

import msgspec

from engine.core.errors import CampaignError
from engine.core.schedule import step_schedule

Mode: TypeAlias = Literal["wait", "drop", "strict"]
"""A step that is due outside the hours waits for the next opening, or is dropped; `strict` also waits between two
blocks.
"""

GRACE_MS: Final = 15 * 60_000
"""A step that has begun may continue this long after closing time, unless the window is strict: half a step is worse
than a late one.
"""
SPREAD_MS: Final = 30 * 60_000
_HOUR_MINUTES: Final = 60
_DAY_MINUTES: Final = 24 * _HOUR_MINUTES
_ENDS: Final = 2
_DAYS_AHEAD: Final = 16
"""Two weeks and a little: a clock change may swallow the only opening of a week."""
_WEEK: Final = tuple(range(1, 8))
ENGLISH: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PORTUGUESE: Final = ("seg", "ter", "qua", "qui", "sex", "sáb", "dom")
_OFF: Final = frozenset({"off", "sempre", "always", "0", "-"})
_EVERY_DAY: Final = frozenset({"", "todos os dias", "every day", "all", "todos"})
_HOURS: Final = re.compile(
    r"(.*?) ?([0-9]{1,2})(?:[:h]([0-9]{2})?)? ?(?:-|–|a|as|to|ate) ?([0-9]{1,2})(?:[:h]([0-9]{2})?)?"
)
_EXAMPLES: Final = "09:00-21:00, seg-sex 09:00-18:00, mon-fri 9-18, or off"


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`days` in ISO numbers, 1 is Monday; hours in minutes of the local day, `end` excluded."""

    start: int
    end: int
    days: tuple[int, ...] = _WEEK
    mode: Mode = "wait"

    @property
    def length_ms(self) -> int:
        return ((self.end - self.start) % _DAY_MINUTES) * 60_000


BY_DAY: Final = Window(9 * _HOUR_MINUTES, 21 * _HOUR_MINUTES)
"""The hours that suit most campaigns."""


def opens(window: Window, at_ms: int, zone: str) -> int:
    """The first moment from then on at which the window is open: `at_ms` itself if it is open then."""
    return next(max(at_ms, start) for start, end in _spans(window, at_ms, zone) if at_ms < end)


def is_in_grace(window: Window, at_ms: int, zone: str) -> bool:
    """Whether the window is open, or closed so recently that a step that has begun may continue."""
    grace_ms = 0 if window.mode == "strict" else GRACE_MS
    return opens(window, at_ms, zone) == at_ms or opens(window, max(0, at_ms - grace_ms), zone) == at_ms - grace_ms


def spread_ms(window: Window, chat_id: int) -> int:
    """How long after the opening a person's turn comes: the same each time, and within the window."""
    return spread_over(chat_id, min(SPREAD_MS, window.length_ms))


def spread_over(chat_id: int, most_ms: int) -> int:
    """A person's own moment, from 0 to below `most_ms`."""
    return crc32(b"%d" % chat_id) % max(1, most_ms)


def shifted(window: Window | None, due_ms: int, zone: str, chat_id: int) -> int:
    """When a block that is due then may go out: then, or in its turn after the next opening."""
    if window is None or window.mode == "drop":
        return due_ms
    opening = opens(window, due_ms, zone)
    return due_ms if opening == due_ms else opening + spread_ms(window, chat_id)


def parse(text: str, mode: Mode = "wait") -> Window | None:
    """Read what an admin wrote, in either language; None means no window at all. Raises CampaignError."""
    plain = _plain(text)
    if plain in _OFF:
        return None
    match = _HOURS.fullmatch(plain)
    days = _days(match[1]) if match else None
    if match is None or days is None:
        raise CampaignError(
            "The hours {given} cannot be read: write for example {examples}.", given=repr(text[:64]), examples=_EXAMPLES
        )
    start, end = (_minutes(match[hour], match[hour + 1]) for hour in (2, 4))
    window = Window(start, 0 if end == _DAY_MINUTES else end, days, mode)
    check(window)
    return window


def write(window: Window, names: Sequence[str] = ENGLISH) -> str:
    """Write it as `mon-fri 09:00-18:00`, which `parse` reads back; a window on every day names no days."""
    hours = f"{_clock(window.start)}-{_clock(window.end)}"
    return hours if window.days == _WEEK else f"{','.join(_ranges(window.days, names))} {hours}"


def check(window: Window) -> None:
    """Refuse a window that never opens, or never closes."""
    if not (0 <= window.start < _DAY_MINUTES and 0 <= window.end < _DAY_MINUTES):
        raise CampaignError("The hours of a window go from 00:00 to 24:00: write for example 09:00-21:00.")
    if window.start == window.end:
        raise CampaignError("The window has no length: write for example 09:00-21:00, or off for no window.")
    if not window.days or set(window.days) - set(_WEEK) or len(set(window.days)) < len(window.days):
        raise CampaignError("The days of a window are 1 to 7, each once: write for example mon-fri 09:00-18:00.")


def _spans(window: Window, at_ms: int, zone: str) -> Iterator[tuple[int, int]]:
    """Every opening with its end, from before that moment to beyond the next certain one."""
    today = step_schedule.local(at_ms, zone).date()
    for ahead in range(-2, _DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        if day.isoweekday() in window.days:
            start, end = _edge(day, window.start, zone), _edge(_closing_day(day, window), window.end, zone)
            if start < end:
                yield start, end


def _closing_day(day: date, window: Window) -> date:
    return day if window.end > window.start else day + timedelta(days=1)


def _edge(day: date, minutes: int, zone: str) -> int:
    return step_schedule.moment_at(day, time(*divmod(minutes, 60)), zone)


def _clock(minutes: int) -> str:
    return "{:02}:{:02}".format(*divmod(minutes, 60))


def _minutes(hour: str, minute: str | None) -> int:
    """A time outside the day stays outside, so that `check` refuses it."""
    return int(hour) * 60 + int(minute or 0) if int(minute or 0) < _HOUR_MINUTES else 2 * _DAY_MINUTES


def _days(plain: str) -> tuple[int, ...] | None:
    if plain.rstrip(",") in _EVERY_DAY:
        return _WEEK
    days: list[int] = []
    for part in re.split(r" ?,| e | and ", plain.rstrip(",")):
        ends = [_day(name) for name in re.split(r" ?(?:-|–| a | to ) ?", part.strip())]
        if None in ends or len(ends) > _ENDS:
            return None
        first, last = ends[0] or 0, ends[-1] or 0
        days += [(first - 1 + step) % 7 + 1 for step in range((last - first) % 7 + 1)]
    return tuple(sorted(set(days)))


def _day(name: str) -> int | None:
    return next((names.index(name[:3]) + 1 for names in _PLAIN_NAMES if name[:3] in names), None)


def _ranges(days: Sequence[int], names: Sequence[str]) -> Iterator[str]:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    for run in runs:
        first, last = names[run[0] - 1], names[run[-1] - 1]
        yield first if first == last else f"{first}-{last}"


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text[:64].casefold())
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


_PLAIN_NAMES: Final = tuple([_plain(name) for name in names] for names in (ENGLISH, PORTUGUESE))
