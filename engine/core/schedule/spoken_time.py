"""Amounts of time and times of day as people write them, in Portuguese and English.

Both readers leave the words unread if there is nothing of the kind among the next ones.
"""

import re
from typing import Final, Literal, NamedTuple, TypeAlias

from engine.core.schedule.words import Atom, Words

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 24 * HOUR_MINUTES
NOON: Final = 12
_BEYOND: Final = 366 * DAY_MS
"""More than any unit."""
_DIGITS: Final = 2
_HALF: Final = re.compile(r"([0-9]+)[.,]5")
"""The one fraction that nobody takes for something else: `1.30` may be an hour and thirty minutes."""
_CLOCK: Final = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})")

ROWS: Final = (
    ("word_number", 1, "um|uma|one|an"),
    ("word_number", 2, "dois|duas|two"),
    ("word_number", 3, "tres|three"),
    ("word_number", 4, "quatro|four"),
    ("word_number", 5, "cinco|five"),
    ("word_number", 6, "seis|six"),
    ("word_number", 7, "sete|seven"),
    ("word_number", 8, "oito|eight"),
    ("word_number", 9, "nove|nine"),
    ("word_number", 10, "dez|ten"),
    ("word_number", 11, "onze|eleven"),
    ("word_number", 12, "doze|twelve"),
    ("word_number", 13, "treze|thirteen"),
    ("word_number", 14, "catorze|quatorze|fourteen"),
    ("word_number", 15, "quinze|fifteen"),
    ("word_number", 16, "dezesseis|sixteen"),
    ("word_number", 17, "dezessete|seventeen"),
    ("word_number", 18, "dezoito|eighteen"),
    ("word_number", 19, "dezenove|nineteen"),
    ("word_number", 20, "vinte|twenty"),
    ("word_number", 30, "trinta|thirty"),
    ("word_number", 40, "quarenta|forty"),
    ("word_number", 50, "cinquenta|fifty"),
    ("word_number", 60, "sessenta|sixty"),
    ("word_number", 70, "setenta|seventy"),
    ("word_number", 80, "oitenta|eighty"),
    ("word_number", 90, "noventa|ninety"),
    ("unit", 7 * DAY_MS, "w|week|weeks|semana|semanas"),
    ("unit", DAY_MS, "d|day|days|dia|dias"),
    ("unit", HOUR_MS, "h|hs|hr|hrs|hour|hours|hora|horas"),
    ("unit", MINUTE_MS, "m|min|mins|minute|minutes|minuto|minutos"),
    ("unit", 1_000, "s|sec|secs|second|seconds|segundo|segundos"),
    ("unit", 1, "ms"),
    ("quarter", HOUR_MS // 4, "um quarto de hora|quarter of an hour|a quarter of an hour|a quarter hour"),
    ("half", 0, "meia|meio|half|half a|half an|a half"),
    ("and", 0, "e|and"),
    ("at", 0, "as|ao|aos|at"),
    ("a", 0, "a"),
    ("noon", NOON, "meio dia|meio - dia|noon|midday"),
    ("midnight", 0, "meia noite|meia - noite|midnight"),
    ("am", 0, "am"),
    ("pm", NOON, "pm"),
    ("small_hours", 0, "da madrugada|de madrugada|na madrugada|madrugada"),
    ("morning", 0, "da manha|de manha|pela manha|manha|in the morning|morning"),
    ("afternoon", NOON, "da tarde|de tarde|a tarde|tarde|in the afternoon|afternoon"),
    ("night", NOON, "da noite|de noite|a noite|noite|in the evening|evening|at night|night"),
)
"""The words of both, for a lexicon."""

_PARTS: Final = {
    "am": range(1, NOON + 1),
    "pm": range(1, NOON + 1),
    "small_hours": range(7),
    "morning": range(1, NOON),
    "afternoon": (NOON, *range(1, 8)),
    "night": range(6, NOON),
}
"""The hours that people count in each part of a day."""
_ALSO: Final = {"morning": range(0), "afternoon": range(13, 20), "night": range(18, 24)}
"""Hours of 24 with which they name it all the same."""

Form: TypeAlias = Literal["bare", "hours", "minutes", "colon", "part"]
"""`9`; `9h`, and `9h30m`, whose unit an amount of time has as well; `9h30`; `9:30`; `9am`, `9 da noite`, noon."""


class Clock(NamedTuple):
    """A time of day, as it was written. A time that no day has is beyond `DAY_MINUTES`.

    `is_sure`: it cannot be meant twelve hours later, as an hour with an `h` still can beside one with `pm`. `has_at`:
    nothing but a time of day can be meant.
    """

    minutes: int
    form: Form
    is_sure: bool = True
    is_midnight: bool = False
    is_marked: bool = False
    has_at: bool = False


_NEVER: Final = 2 * DAY_MINUTES
_EARLY: Final = 6 * HOUR_MINUTES


def may_be_later(clock: Clock) -> bool:
    """Whether an hour is so early that people rather mean it in the afternoon: `às 3`, `at five`."""
    return clock.minutes < _EARLY and not clock.is_sure


def read_duration(words: Words) -> int | None:
    """An amount of time, its larger units first."""
    total, smallest = 0, _BEYOND
    while (amount := _next_amount(words, smallest)) is not None:
        total, smallest = total + amount[0], amount[1]
    return total if smallest < _BEYOND else None


def read_count(words: Words) -> int | None:
    """A number in front of a unit, which `a` may be."""
    if words.peek().kind == "a" and words.peek(1).kind == "unit":
        words.take("a")
        return 1
    number = words.take("number")
    return number.value if number else None


def read_clock(words: Words, *, and_minutes: bool = True) -> Clock | None:
    """A time of day, with its part of the day before or behind it; `and_minutes`: `9 e 15` is a quarter past nine."""
    before = words.at
    early = words.take(*_PARTS)
    has_at = _skips_at(words)
    clock = _time(words, and_minutes=and_minutes)
    late = words.take(*_PARTS) if clock else None
    if clock is None or (early and late):
        words.at = before
        return None
    return _in_part(clock, early or late)._replace(has_at=has_at)


def _skips_at(words: Words) -> bool:
    first = words.at
    words.skip("at", "a", ",")
    return any(atom.kind != "," for atom in words.read(first))


def _next_amount(words: Words, below: int) -> tuple[int, int] | None:
    """An amount in a smaller unit than the one before it, with that unit."""
    before = words.at
    if below < _BEYOND:
        words.take(",")
        words.take("and")
    amount = _amount(words, below)
    if amount is None or amount[1] >= below:
        words.at = before
        return None
    return amount


def _amount(words: Words, below: int) -> tuple[int, int] | None:
    if quarter := words.take("quarter"):
        return quarter.value, MINUTE_MS
    if words.peek(1).kind == "unit" and (words.take("half") or _HALF.fullmatch(words.peek().text)):
        return _with_half(words)
    first = words.peek()
    count = read_count(words)
    if count is None:
        return None
    if below == HOUR_MS and _are_minutes(first, words.peek()):
        return count * MINUTE_MS, MINUTE_MS
    return _counted(words, count)


def _with_half(words: Words) -> tuple[int, int]:
    """Half of a unit, or some units and a half as a decimal."""
    number = words.take("decimal")
    whole = _HALF.fullmatch(number.text) if number else None
    unit = words.take("unit") or Atom("unit")
    return int(whole[1] if whole else 0) * unit.value + unit.value // 2, unit.value


def _counted(words: Words, count: int) -> tuple[int, int] | None:
    """A number of units, perhaps with half a unit, as in `2 horas e meia` and `one and a half hours`."""
    is_half = _takes_half(words, before_unit=True)
    unit = words.take("unit")
    if unit is None:
        return None
    is_half = is_half or _takes_half(words, before_unit=False)
    return count * unit.value + is_half * (unit.value // 2), unit.value


def _takes_half(words: Words, *, before_unit: bool) -> bool:
    kinds = [words.peek(ahead).kind for ahead in range(3)]
    found = kinds[:2] == ["and", "half"] and (kinds[2] == "unit") == before_unit
    return found and words.skip("and", "half")


def _are_minutes(number: Atom, following: Atom) -> bool:
    """Minutes may stand without a unit, as in `1h30`; `1h5` is unclear."""
    return len(number.text) == _DIGITS and number.value < HOUR_MINUTES and following.kind not in ("unit", "and")


def _time(words: Words, *, and_minutes: bool) -> Clock | None:
    if words.take("midnight"):
        return Clock(0, "part", is_midnight=True)
    if noon := words.take("noon"):
        return Clock(noon.value * HOUR_MINUTES + _half_past(words), "part")
    if matched := _CLOCK.fullmatch(words.peek().text):
        words.take("colon", "decimal")
        _take_unit(words, HOUR_MS)
        return Clock(
            _minutes(int(matched[1]), int(matched[2])), "colon", is_sure=len(matched[1]) == _DIGITS or matched[1] == "0"
        )
    return _hour(words, and_minutes=and_minutes) if len(words.peek().text) <= _DIGITS else None


def _hour(words: Words, *, and_minutes: bool) -> Clock | None:
    number = words.take("number")
    if number is None:
        return None
    is_marked = _take_unit(words, HOUR_MS)
    past = _half_past(words) or _minutes_past(words, is_marked=is_marked, and_minutes=and_minutes)
    is_amount = words.peek(-1).value == MINUTE_MS
    form: Form = "minutes" if past and not is_amount else "hours" if is_marked else "bare"
    is_sure = number.value > NOON or number.text.startswith("0")
    return Clock(_minutes(number.value, past), form, is_sure, is_marked=is_marked)


def _half_past(words: Words) -> int:
    return HOUR_MINUTES // 2 if _takes_half(words, before_unit=False) else 0


def _minutes_past(words: Words, *, is_marked: bool, and_minutes: bool) -> int:
    """Two digits behind `9h`, or `e` and the minutes."""
    before = words.at
    is_joined = and_minutes and words.take("and") is not None
    number = words.take("number") if is_marked or is_joined else None
    if number is None or len(number.text) != _DIGITS or words.peek().value == HOUR_MS:
        words.at = before
        return 0
    _take_unit(words, MINUTE_MS)
    return number.value if number.value < HOUR_MINUTES else _NEVER


def _take_unit(words: Words, value: int) -> bool:
    return words.peek().value == value and words.take("unit") is not None


def _minutes(hour: int, minute: int) -> int:
    """A time outside the day stays outside."""
    minutes = hour * HOUR_MINUTES + minute
    return minutes if minute < HOUR_MINUTES and minutes <= DAY_MINUTES else _NEVER


def _in_part(clock: Clock, part: Atom | None) -> Clock:
    """Hours of 12 as hours of 24; an hour that the part of the day does not have stays out of range."""
    if part is None:
        return clock
    hour, minute = divmod(clock.minutes, HOUR_MINUTES)
    if hour == NOON and part.kind == "night":
        return Clock(0, "part", is_midnight=True)
    if hour in _PARTS[part.kind]:
        return Clock(_minutes(hour % NOON + part.value, minute), "part")
    return Clock(clock.minutes if hour in _ALSO.get(part.kind, ()) else _NEVER, "part")
