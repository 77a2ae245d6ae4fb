"""Local times, sending hours, and each person's own moment in a spread.

A local time that a clock change leaves out moves forward by the gap, one that happens twice is taken the first time;
that is how `zoneinfo` reads a time whose `fold` is 0.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zlib import crc32
from zoneinfo import ZoneInfo

from bench.questions.simulate.campaign import MINUTE_MS, SECOND_MS, Hours

SPREAD_MS: Final = 10 * MINUTE_MS
"""Over which a catch-up is spread."""
OPENING_MS: Final = 30 * MINUTE_MS
"""Over which the people who waited for the sending hours are spread."""
GRACE_MS: Final = 15 * MINUTE_MS
"""A step that has begun goes on for so long after closing time."""
_MINUTES: Final = 24 * 60


def day_of(at_ms: int, zone: str) -> date:
    return datetime.fromtimestamp(at_ms / SECOND_MS, ZoneInfo(zone)).date()


def moment(day: date, minutes: int, zone: str) -> int:
    hour, minute = divmod(minutes, 60)
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
    return int(local.astimezone(UTC).timestamp()) * SECOND_MS


def own_moment(person: int, most_ms: int) -> int:
    """The same for a person each time, from 0 to below `most_ms`."""
    return crc32(str(person).encode()) % max(1, most_ms)


def turn(hours: Hours, zone: str, at_ms: int, person: int) -> int:
    """When somebody may be written to: at once within the hours, else in their turn after the next opening."""
    opens_ms, closes_ms = next(span for span in _openings(hours, zone, at_ms) if at_ms < span[1])
    if opens_ms <= at_ms:
        return at_ms
    length_ms = (hours.end - hours.start) % _MINUTES * MINUTE_MS
    return opens_ms + own_moment(person, min(OPENING_MS, length_ms)) % (closes_ms - opens_ms)


def opens(hours: Hours, zone: str, at_ms: int) -> int:
    """When they are open: at once, or at the next opening."""
    return max(at_ms, next(opens_ms for opens_ms, closes_ms in _openings(hours, zone, at_ms) if at_ms < closes_ms))


def lets_go_on(hours: Hours, zone: str, at_ms: int) -> bool:
    """Whether a step that has begun may go on: within the hours, or a little after them unless they are strict."""
    grace_ms = 0 if hours.outside == "strict" else GRACE_MS
    return any(opens_ms <= at_ms < closes_ms + grace_ms for opens_ms, closes_ms in _openings(hours, zone, at_ms))


def _openings(hours: Hours, zone: str, at_ms: int) -> Iterator[tuple[int, int]]:
    """Each opening with its closing, from two days before on; hours over midnight belong to the day of the opening."""
    today = day_of(at_ms, zone)
    crosses = int(hours.end <= hours.start)
    for day in (today + timedelta(days=ahead) for ahead in range(-2, 17)):
        if day.isoweekday() in hours.days:
            opens = moment(day, hours.start, zone)
            closes = moment(day + timedelta(days=crosses), hours.end, zone)
            if opens < closes:
                yield opens, closes
