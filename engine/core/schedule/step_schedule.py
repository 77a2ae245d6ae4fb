"""When a step is due: the rules that are stored, and the arithmetic. How people write them is `spoken_schedule`'s.

A delay is elapsed time. A day with an hour is a local date in the campaign's IANA zone, counted from the anchor's date;
it is kept as a rule and resolved again each time, because zones change their laws. A local time that does not exist
moves forward by the gap; one that happens twice is taken the first time. A local time that comes too early moves to its
next day, never to "at once". Zone data come from the `tzdata` package alone, so that two hosts with different systems
agree.

Rejected: `+0d`, which is already past for half of the day.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from engine.core.errors import CampaignError
from engine.core.schedule import spoken_schedule
from engine.core.schedule.cities import CITIES, OFFSETS
from engine.core.schedule.spoken_time import DAY_MS, HOUR_MINUTES, HOUR_MS, MINUTE_MS
from engine.core.schedule.words import DASHES, letters, shown

MAX_DAYS: Final = 365
MAX_MS: Final = MAX_DAYS * DAY_MS
MAX_TEXT: Final = 64

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)

_OFFSET: Final = re.compile(r"(?:utc|gmt)?(?:([+-][0-9]{1,2})(?::?00)?)?")
_UNITS: Final = {"d": DAY_MS, "h": HOUR_MS, "m": MINUTE_MS, "s": 1_000, "ms": 1}


class After(msgspec.Struct, frozen=True, tag="after", forbid_unknown_fields=True):
    """Elapsed time after the anchor."""

    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_MS)]


class OnDay(msgspec.Struct, frozen=True, tag="on_day", forbid_unknown_fields=True):
    """A local time, some local days after the anchor's date; 1 is tomorrow."""

    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)]
    minute: Annotated[int, msgspec.Meta(ge=0, le=59)]


Schedule: TypeAlias = After | OnDay


def parse(text: str) -> Schedule:
    """Read what an admin wrote, in either language, whatever its case, accents and spacing."""
    found = spoken_schedule.read_schedule(text, MAX_DAYS)
    if isinstance(found, spoken_schedule.Delay):
        return After(_bounded(text, found.ms))
    return OnDay(found.days, *divmod(found.minutes, HOUR_MINUTES))


def parse_reply(text: str) -> Schedule:
    """Read the answer to *when?*, in which `9h` is refused: stored schedules and files write an amount of time so."""
    spoken_schedule.check_reply(text)
    return parse(text)


def write(schedule: Schedule) -> str:
    """Write it in the one spelling that is stored; `parse` reads it back to the same schedule."""
    if isinstance(schedule, After):
        return write_duration(schedule.delay_ms) if schedule.delay_ms else "now"
    day = "tomorrow" if schedule.days == 1 else f"+{schedule.days}d"
    return f"{day} {schedule.hour:02}:{schedule.minute:02}"


def parse_duration(text: str) -> int:
    """Milliseconds of `10m`, `2h30m`, `45s`."""
    delay = spoken_schedule.read_duration(text)
    if delay is None:
        raise CampaignError(
            "The duration {text} cannot be read: write for example 45s, 10m, 2h30m or 1d.", text=shown(text)
        )
    return _bounded(text, delay)


def write_duration(ms: int) -> str:
    parts = []
    for unit, size in _UNITS.items():
        count, ms = divmod(ms, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def due(schedule: Schedule, anchor_ms: int, zone: str, not_before_ms: int) -> int:
    """When a step with this anchor is due: never before `not_before_ms`, the end of the previous step."""
    if isinstance(schedule, After):
        return max(anchor_ms + schedule.delay_ms, not_before_ms)
    rules = _zone(zone)
    start = _local_date(anchor_ms, rules)
    days = max(schedule.days, (_local_date(not_before_ms, rules) - start).days - 1)
    at = time(schedule.hour, schedule.minute)
    while (moment := _moment(start + timedelta(days=days), at, rules)) < not_before_ms:
        days += 1
    return moment


def moment_at(day: date, at: time, zone: str) -> int:
    """The moment of a local time on a day, by both rules for clock changes."""
    return _moment(day, at, _zone(zone))


def local(at_ms: int, zone: str) -> datetime:
    """The moment as a wall clock in the zone shows it, for screens."""
    return (_EPOCH + at_ms * _MS).astimezone(_zone(zone))


def check_zone(name: str) -> None:
    """Refuse anything but the IANA name of a place, or UTC."""
    if name in zones():
        return
    near = get_close_matches(name[:MAX_TEXT].replace(" ", "_"), zones(), n=1, cutoff=0.5)
    name = shown(name)
    if near:
        raise CampaignError("The time zone {name} is not known: did you mean {near}?", name=name, near=near[0])
    raise CampaignError("The time zone {name} is not known: write an IANA name such as America/Sao_Paulo.", name=name)


def zone_of(city: str) -> str | None:
    """The zone with this name or this city, whatever its case and accents; None unless exactly one matches."""
    exact = _exactly(_place(city))
    return exact[0] if len(exact) == 1 else None


def find_zones(city: str, most: int) -> tuple[str, ...]:
    """The zones to choose from: of this city or offset, else of words that begin so, else of similar names."""
    wanted = _place(city)
    part = [zone for name, zone in _places() if wanted and f" {wanted}" in f" {name}"]
    found = _exactly(wanted) or _at_offset(wanted) or part or _nearly(wanted, most)
    return tuple(dict.fromkeys(found))[:most]


def _at_offset(place: str) -> tuple[str, ...]:
    """Brazil's zones at an offset such as `GMT-3` or `-03:00`. Of others only the city is clear."""
    offset = _OFFSET.fullmatch(place.translate(DASHES).replace(" ", ""))
    return OFFSETS.get(int(offset[1] or "0"), ()) if place and offset else ()


def _exactly(place: str) -> list[str]:
    return list(dict.fromkeys(zone for name, zone in _places() if place in (name, _place(zone))))


def _nearly(place: str, most: int) -> list[str]:
    """The most similar first. Another offset is no misspelling: `UTC+3` is not like `UTC`."""
    if any(character.isdigit() for character in place):
        return []
    near = get_close_matches(place, [name for name, _ in _places()], n=most, cutoff=0.75)
    return [zone for close in near for name, zone in _places() if name == close]


@cache
def _places() -> tuple[tuple[str, str], ...]:
    """Each city, as `_place` writes it, with its zone; the cities that people name come first."""
    listed = [*CITIES.items(), *((zone.rpartition("/")[2], zone) for zone in sorted(zones()))]
    return tuple((_place(city), zone) for city, zone in listed)


def _place(text: str) -> str:
    return letters(text[:MAX_TEXT].replace("_", " "))


def _bounded(text: str, delay_ms: int) -> int:
    if delay_ms > MAX_MS:
        raise CampaignError("{text} is too far away: write at most {most}d.", text=shown(text), most=MAX_DAYS)
    return delay_ms


def _local_date(at_ms: int, zone: ZoneInfo) -> date:
    return (_EPOCH + at_ms * _MS).astimezone(zone).date()


def _moment(day: date, at: time, zone: ZoneInfo) -> int:
    # fold=0, the default, is the whole of both clock-change rules: zoneinfo reads a time in a gap by the
    # offset before it, which shifts it forward, and a repeated one as its first occurrence.
    return (datetime.combine(day, at, zone) - _EPOCH) // _MS


@cache
def zones() -> frozenset[str]:
    """The names of all places, and UTC."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(name for name in listed if "/" in name and not name.startswith("Etc/")) | {"UTC"}


@cache
def _zone(name: str) -> ZoneInfo:
    check_zone(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
