"""When a step is due: the grammar in Portuguese and English, and the arithmetic.

A delay is elapsed time. A day with an hour is a local date in the campaign's IANA zone, counted from the anchor's date;
it is kept as a rule and resolved again each time, because zones change their laws. A local time that does not exist
moves forward by the gap; one that happens twice is taken the first time. A local time that comes too early moves to its
next day, never to "at once". Zone data come from the `tzdata` package alone, so that two hosts with different systems
agree.

Rejected: `+0d`, which is already past for half of the day, and a day without an hour, which could also mean elapsed
time.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from engine.core.errors import CampaignError, Phrase
from engine.core.schedule.cities import CITIES

MAX_DAYS: Final = 365
MAX_MS: Final = MAX_DAYS * 86_400_000
MAX_TEXT: Final = 64

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)

_UNITS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_WORDS: Final = {
    **dict.fromkeys(("agora", "na hora"), "now"),
    **dict.fromkeys(("dias", "dia", "days", "day"), "d"),
    **dict.fromkeys(("horas", "hora", "hours", "hour", "hrs", "hr"), "h"),
    **dict.fromkeys(("minutos", "minuto", "minutes", "minute", "mins", "min"), "m"),
    **dict.fromkeys(("segundos", "segundo", "seconds", "second"), "s"),
    **dict.fromkeys(("daqui a", "dentro de", "em", "in"), "+"),
    **dict.fromkeys(("amanha", "tomorrow"), "+1d at"),
    **dict.fromkeys(("depois de amanha", "the day after tomorrow", "day after tomorrow"), "+2d at"),
    **dict.fromkeys(("as", "a"), "at"),
    "e": "and",
}
"""Words that people write, without accents, and the grammar's own words for them."""
_WORD: Final = re.compile(f"(?<![a-z])(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?![a-z])")
_MINUTES: Final = "(?:m(?!s)|(?<=h[0-9]{2}))"
"""Minutes may stand without a unit, as in `1h30`."""
_DURATION: Final = re.compile(
    "(?=[0-9])" + "(?:,? (?:and )?)?".join(f"(?:([0-9]+) ?{unit})?" for unit in ("d", "h", _MINUTES, "s", "ms"))
)
_DAY: Final = re.compile(r"\+ ?([0-9]+) ?d[ ,]*")
# An hour without minutes needs its "at": `+3d 18h` may be so much time as well.
_ON_DAY: Final = re.compile(
    _DAY.pattern + r"(?:(?:at[ ,]*)+|(?=[0-9]+[:h][0-9]{2}$|.*[ap]m$))"
    r"([0-9]{1,2})(?: ?[:h] ?([0-9]{2})(?: ?m)?| ?h)? ?(am|pm)?"
)
_NOON: Final = 12
_EXAMPLES: Final = Phrase("now, 10m, 2h30m, tomorrow 09:30, amanhã 09:30 or +3d 18:00")


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
    plain = _plain(text)
    if plain == "now":
        return After(0)
    if match := _ON_DAY.fullmatch(plain):
        return _on_day(text, *match.groups())
    if _DAY.match(plain):
        raise CampaignError(
            "The hour in {text} is not clear: write for example {examples}.", text=_shown(text), examples=_EXAMPLES
        )
    if (delay := _duration(plain.removeprefix("+").lstrip())) is not None:
        return After(_bounded(text, delay))
    raise CampaignError(
        "The schedule {text} cannot be read: write for example {examples}.", text=_shown(text), examples=_EXAMPLES
    )


def write(schedule: Schedule) -> str:
    """Write it in the one spelling that is stored; `parse` reads it back to the same schedule."""
    if isinstance(schedule, After):
        return write_duration(schedule.delay_ms) if schedule.delay_ms else "now"
    day = "tomorrow" if schedule.days == 1 else f"+{schedule.days}d"
    return f"{day} {schedule.hour:02}:{schedule.minute:02}"


def parse_duration(text: str) -> int:
    """Milliseconds of `10m`, `2h30m`, `45s`."""
    delay = _duration(_plain(text))
    if delay is None:
        raise CampaignError(
            "The duration {text} cannot be read: write for example 45s, 10m, 2h30m or 1d.", text=_shown(text)
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
    name = _shown(name)
    if near:
        raise CampaignError("The time zone {name} is not known: did you mean {near}?", name=name, near=near[0])
    raise CampaignError("The time zone {name} is not known: write an IANA name such as America/Sao_Paulo.", name=name)


def zone_of(city: str) -> str | None:
    """The zone with this name or this city, whatever its case and accents; None unless exactly one matches."""
    exact = _exactly(_place(city))
    return exact[0] if len(exact) == 1 else None


def find_zones(city: str, most: int) -> tuple[str, ...]:
    """The zones to choose from: of this city, else of cities that contain the text, else of similar names."""
    wanted = _place(city)
    part = [zone for name, zone in _places() if wanted and wanted in name]
    found = _exactly(wanted) or part or _nearly(wanted, most)
    return tuple(dict.fromkeys(found))[:most]


def _exactly(place: str) -> list[str]:
    return list(dict.fromkeys(zone for name, zone in _places() if place in (name, _place(zone))))


def _nearly(place: str, most: int) -> list[str]:
    """The most similar first."""
    near = get_close_matches(place, [name for name, _ in _places()], n=most, cutoff=0.75)
    return [zone for close in near for name, zone in _places() if name == close]


@cache
def _places() -> tuple[tuple[str, str], ...]:
    """Each city, as `_place` writes it, with its zone; the cities that people name come first."""
    listed = [*CITIES.items(), *((zone.rpartition("/")[2], zone) for zone in sorted(zones()))]
    return tuple((_place(city), zone) for city, zone in listed)


def _place(text: str) -> str:
    return _letters(text[:MAX_TEXT].replace("_", " "))


def _plain(text: str) -> str:
    """Put it in the grammar's own words, which `parse` and `parse_duration` read."""
    if len(text) > MAX_TEXT:
        raise CampaignError(
            "The text {text} is too long: write for example {examples}.", text=_shown(text), examples=_EXAMPLES
        )
    return _WORD.sub(lambda word: _WORDS[word[0]], _letters(text))


def _letters(text: str) -> str:
    """In lower case, without accents, with single spaces."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def _shown(text: str) -> str:
    return repr(text[:MAX_TEXT])


def _duration(plain: str) -> int | None:
    match = _DURATION.fullmatch(plain)
    if match is None:
        return None
    return sum(int(count or 0) * size for count, size in zip(match.groups(), _UNITS.values(), strict=True))


def _bounded(text: str, delay_ms: int) -> int:
    if delay_ms > MAX_MS:
        raise CampaignError("{text} is too far away: write at most {most}d.", text=_shown(text), most=MAX_DAYS)
    return delay_ms


def _on_day(text: str, days: str, hour: str, minute: str | None, half: str | None) -> OnDay:
    day = OnDay(int(days), _hour(int(hour), half), int(minute or 0))
    if not 1 <= day.days <= MAX_DAYS:
        raise CampaignError(
            "The day in {text} must be from +1d to +{most}d: write +3d 18:00.", text=_shown(text), most=MAX_DAYS
        )
    if day.hour > time.max.hour or day.minute > time.max.minute:
        raise CampaignError("The time in {text} must be from 00:00 to 23:59: write +3d 18:00.", text=_shown(text))
    return day


def _hour(hour: int, half: str | None) -> int:
    """Hours of 12 as hours of 24; an hour that no half day has stays out of range."""
    if half is None:
        return hour
    if not 1 <= hour <= _NOON:
        return 2 * _NOON
    return hour % _NOON + (_NOON if half == "pm" else 0)


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
