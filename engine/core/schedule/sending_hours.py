"""When a campaign may send: days and hours in its zone, and what happens to a step that is due outside them.

A window may cross midnight; it then belongs to the day on which it opens. Its edges are local times, like a schedule's:
a time that does not exist moves forward by the gap, a time that happens twice is taken the first time. When a window
opens, the people who waited for it are spread out, so that it does not open with a burst.
"""

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from itertools import takewhile
from typing import Final, Literal, TypeAlias
from zlib import crc32

import msgspec

from engine.core.errors import CampaignError
from engine.core.schedule import spoken_hours, step_schedule
from engine.core.schedule.spoken_hours import WEEK
from engine.core.schedule.spoken_time import DAY_MINUTES, HOUR_MINUTES, MINUTE_MS

Mode: TypeAlias = Literal["wait", "drop", "strict"]
"""A step that is due outside the hours waits for the next opening, or is dropped; `strict` also waits between two
blocks.
"""

GRACE_MS: Final = 15 * MINUTE_MS
"""A step that has begun may continue this long after closing time, unless the window is strict: half a step is worse
than a late one.
"""
SPREAD_MS: Final = 30 * MINUTE_MS
_DAYS_AHEAD: Final = 16
"""Two weeks and a little: a clock change may swallow the only opening of a week."""
ENGLISH: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PORTUGUESE: Final = ("seg", "ter", "qua", "qui", "sex", "sáb", "dom")


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`days` in ISO numbers, 1 is Monday; hours in minutes of the local day, `end` excluded."""

    start: int
    end: int
    days: tuple[int, ...] = WEEK
    mode: Mode = "wait"

    @property
    def length_ms(self) -> int:
        return ((self.end - self.start) % DAY_MINUTES) * MINUTE_MS


BY_DAY: Final = Window(9 * HOUR_MINUTES, 21 * HOUR_MINUTES)
"""The hours that suit most campaigns."""


def opens(window: Window, at_ms: int, zone: str) -> int:
    """The first moment from then on at which the window is open: `at_ms` itself if it is open then."""
    return max(at_ms, _next_span(window, at_ms, zone)[0])


def is_in_grace(window: Window, at_ms: int, zone: str) -> bool:
    """Whether the window is open, or closed so recently that a step that has begun may continue."""
    grace_ms = 0 if window.mode == "strict" else GRACE_MS
    begun = takewhile(lambda span: span[0] <= at_ms, _spans(window, at_ms, zone))
    return any(at_ms < end + grace_ms for _, end in begun)


def spread_ms(window: Window, chat_id: int) -> int:
    """How long after the opening a person's turn comes: the same each time, and within a window of the usual length."""
    return spread_over(chat_id, min(SPREAD_MS, window.length_ms))


def spread_over(chat_id: int, most_ms: int) -> int:
    """A person's own moment, from 0 to below `most_ms`."""
    return crc32(b"%d" % chat_id) % max(1, most_ms)


def turn(window: Window, at_ms: int, zone: str, chat_id: int) -> int:
    """The first moment from then on at which a person may be written to: then, or in turn after the next opening.

    It is before the closing, also where a clock change makes that opening a short one.
    """
    start, end = _next_span(window, at_ms, zone)
    return at_ms if start <= at_ms else start + spread_ms(window, chat_id) % (end - start)


def shifted(window: Window | None, due_ms: int, zone: str, chat_id: int) -> int:
    """When a block that is due then may go out: then, or in its turn after the next opening."""
    return due_ms if window is None or window.mode == "drop" else turn(window, due_ms, zone, chat_id)


def parse(text: str, mode: Mode = "wait") -> Window | None:
    """Read what an admin wrote, in either language; None means no window at all. Raises CampaignError."""
    hours = spoken_hours.read_hours(text)
    if hours is None:
        return None
    window = Window(hours.start, 0 if hours.end == DAY_MINUTES else hours.end, hours.days, mode)
    check(window)
    return window


def write(window: Window, names: Sequence[str] = ENGLISH) -> str:
    """Write it as `mon-fri 09:00-18:00`, which `parse` reads back; a window on every day names no days."""
    hours = f"{_clock(window.start)}-{_clock(window.end)}"
    return hours if window.days == WEEK else f"{','.join(_ranges(window.days, names))} {hours}"


def check(window: Window) -> None:
    """Refuse a window that never opens, or never closes."""
    if not (0 <= window.start < DAY_MINUTES and 0 <= window.end < DAY_MINUTES):
        raise CampaignError("The hours of a window go from 00:00 to 24:00: write for example 09:00-21:00.")
    if window.start == window.end:
        raise CampaignError("The window has no length: write for example 09:00-21:00, or off for no window.")
    if not window.days or set(window.days) - set(WEEK) or len(set(window.days)) < len(window.days):
        raise CampaignError("The days of a window are 1 to 7, each once: write for example mon-fri 09:00-18:00.")


def _next_span(window: Window, at_ms: int, zone: str) -> tuple[int, int]:
    """The opening that is not over then, with its end."""
    return next(span for span in _spans(window, at_ms, zone) if at_ms < span[1])


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
