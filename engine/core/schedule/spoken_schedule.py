"""When a step is due, as people write it: `meia hora`, `amanhã às 9 da noite`, `in 3 days at 6 pm`, `D+1 9h`.

What could mean two things is refused, with both spelled out: `+3d 18h` may be an amount of time, and so may a day
without an hour. So is what a step cannot do: wait for a weekday, for a month, or for an hour of the same day.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.core.errors import CampaignError, Phrase
from engine.core.schedule import spoken_time
from engine.core.schedule.spoken_time import DAY_MINUTES, DAY_MS, HOUR_MINUTES, NOON, Clock
from engine.core.schedule.words import Atom, Lexicon, Words, is_too_long, letters, lexicon, shown

_EXAMPLES: Final = Phrase("now, 10m, 2h30m, tomorrow 09:30, amanhã 09:30 or +3d 18:00")
_LONGEST: Final = 64
_DAWN: Final = 6 * HOUR_MINUTES
"""Nobody sends at an hour before this one: `2h` is an amount of time."""
_MORNING: Final = 9 * HOUR_MINUTES
_USUAL: Final = 18 * HOUR_MINUTES
"""The hours in an example, if none was written."""
_MOST_WITHOUT_UNIT: Final = 999
_MONDAY_OR_SECONDS: Final = "seg"
_CLOCK_UNITS: Final = ("h", "hs")
_REPLY_UNITS: Final = (*_CLOCK_UNITS, "hr", "hrs", "hora", "horas")
"""Units that an hour of the clock has as well: beside a day, and alone."""
_AFTER_EITHER: Final = ("apos", "depois", "depois de", "after")
"""`após 18h`: when 18 hours are over, or later than six in the evening. `+18h` and `daqui 18h` are amounts."""

_LEXICON: Final[Lexicon] = lexicon(
    [
        *spoken_time.ROWS,
        ("now", 0, "now|agora|agora mesmo|na hora|na mesma hora|ja|imediatamente|imediato|de imediato"),
        ("now", 0, "immediately|right away|right now|at once|straight away|instantly"),
        ("after", 0, "+|daqui a|daqui|dentro de|em|in|apos|depois de|depois|after|later|mais tarde"),
        ("day", 1, "amanha|tomorrow|no dia seguinte|dia seguinte|o dia seguinte|the next day|next day"),
        ("day", 1, "on the next day|the following day|on the following day|no outro dia"),
        ("day", 2, "depois de amanha|the day after tomorrow|day after tomorrow"),
        ("today", 0, "hoje|today|tonight|esta noite|essa noite|no mesmo dia|mesmo dia|the same day|same day"),
        ("weekday", 0, "segunda|terca|quarta|quinta|sexta|sabado|domingo|monday|tuesday|wednesday|thursday"),
        ("weekday", 0, "friday|saturday|sunday|segundas|tercas|quartas|quintas|sextas|sabados|domingos"),
        ("weekday", 0, "ter|qua|qui|sex|sab|dom|mon|tue|wed|thu|fri|sat|sun|2ª|3ª|4ª|5ª|6ª"),
        ("unit", 1_000, _MONDAY_OR_SECONDS),
        ("month", 30, "mes|meses|month|months"),
        ("month", 365, "ano|anos|year|years"),
    ]
)


class Delay(NamedTuple):
    ms: int


class LocalTime(NamedTuple):
    """Minutes of a local day, some days after the anchor's."""

    days: int
    minutes: int


class _Day(NamedTuple):
    """`is_named`: it is surely a day, and no amount of time; `is_ahead`: it has a word such as `daqui a`."""

    days: int
    is_named: bool = False
    is_ahead: bool = False


def read_schedule(text: str, most_days: int) -> Delay | LocalTime:
    """Raises CampaignError for what cannot be read or could mean two things."""
    if is_too_long(text, _LONGEST):
        raise CampaignError(
            "The text {text} is too long: write for example {examples}.", text=shown(text), examples=_EXAMPLES
        )
    words = Words(text, _LEXICON)
    found = _now(words) or _local_time(words.rewound()) or _delay(words.rewound(), text)
    if found is None:
        raise _refusal(text, words, most_days)
    if isinstance(found, LocalTime):
        _check(text, found, most_days)
    return found


def check_reply(text: str) -> None:
    """Refuse an amount of time that answers *when?* as an hour of the day would: `9h`, `18h30`."""
    if is_too_long(text, _LONGEST):
        return
    clock = _hour_or_amount(Words(text, _LEXICON))
    if clock and _DAWN <= clock.minutes < DAY_MINUTES:
        raise CampaignError(
            "{text} may be an hour of the day or an amount of time: write {hour} or {amount}.",
            text=shown(text),
            hour=_at(1, clock.minutes),
            amount=f"+{_amount(0, clock.minutes)}",
        )


def _hour_or_amount(words: Words) -> Clock | None:
    if words.peek().text in _AFTER_EITHER:
        words.take("after")
    clock = spoken_time.read_clock(words)
    has_unit = any(atom.text in _REPLY_UNITS for atom in words.read(0))
    is_clear = clock is None or clock.has_at or clock.form == "part"
    return None if is_clear or not has_unit or not words.is_over else clock


def read_duration(text: str) -> int | None:
    """An amount of time that stands alone, in ms."""
    if is_too_long(text, _LONGEST):
        return None
    words = Words(text, _LEXICON)
    ms = spoken_time.read_duration(words)
    return ms if words.is_over else None


def _now(words: Words) -> Delay | None:
    return Delay(0) if words.take("now") and words.is_over else None


def _local_time(words: Words) -> LocalTime | None:
    day, clock = _day(words), spoken_time.read_clock(words)
    if day is None or clock is None or not words.is_over or not _is_hour(day, clock):
        return None
    return None if clock.is_midnight or _may_be_later(clock) else LocalTime(day.days, clock.minutes)


def _may_be_later(clock: Clock) -> bool:
    """`às 3` may be in the afternoon; `3h` is an hour of 24."""
    return spoken_time.may_be_later(clock) and not clock.is_marked


def _day(words: Words) -> _Day | None:
    """A day to come, by its name or by its number."""
    if day := words.take("day"):
        return _Day(day.value, is_named=True)
    if words.peek().text == "d" and words.peek(1).text == "+":
        words.skip("unit", "after")
        number = words.take("number")
        return _Day(number.value, is_named=True) if number else None
    before = words.take("after")
    count, unit = spoken_time.read_count(words), words.take("unit")
    if count is None or unit is None or unit.value < DAY_MS:
        return None
    behind = words.take("after")
    return _Day(count * unit.value // DAY_MS, is_ahead=bool(before or behind))


def _is_hour(day: _Day, clock: Clock) -> bool:
    """Whether an hour beside a day cannot be an amount of time."""
    sure = ("colon", "part", "minutes") if day.is_ahead else ("colon", "part")
    return day.is_named or clock.has_at or clock.form in sure


def _delay(words: Words, text: str) -> Delay | None:
    before = words.take("after")
    first = words.at
    ms = spoken_time.read_duration(words)
    amount = words.read(first)
    behind = words.take("after")
    if ms is None or not words.is_over or _may_be_hour(amount, text) or ((before or behind) and _is_days(amount)):
        return None
    return Delay(ms)


def _is_days(amount: Sequence[Atom]) -> bool:
    """Whole days ahead may stand for the hour that is missing; half a day does not."""
    return [atom.value >= DAY_MS for atom in amount if atom.kind in ("unit", "half")] == [True]


def _may_be_hour(amount: Sequence[Atom], text: str) -> bool:
    """Whether days are followed by an hour that may be one of the clock; `3d18h` is written as an amount of time is."""
    loose = any(
        (before.kind == "," or (before.kind == "unit" and before.value >= DAY_MS)) and hour.text in _CLOCK_UNITS
        for before, _, hour in zip(amount, amount[1:], amount[2:], strict=False)
    )
    return loose and not letters(text).isalnum()


def _check(text: str, found: LocalTime, most_days: int) -> None:
    if not 1 <= found.days <= most_days:
        raise CampaignError(
            "The day in {text} must be from +1d to +{most}d: write +3d 18:00.", text=shown(text), most=most_days
        )
    if found.minutes >= DAY_MINUTES:
        raise CampaignError("The time in {text} must be from 00:00 to 23:59: write +3d 18:00.", text=shown(text))


def _refusal(text: str, words: Words, most_days: int) -> CampaignError:
    return (
        _of_word(text, words)
        or _without_unit(text, words.rewound())
        or _without_day(text, words.rewound())
        or _without_hour(text, words.rewound(), most_days)
        or CampaignError(
            "The schedule {text} cannot be read: write for example {examples}.", text=shown(text), examples=_EXAMPLES
        )
    )


def _of_word(text: str, words: Words) -> CampaignError | None:
    """Of what a step cannot do."""
    if words.has("weekday") or words.rewound().peek().text == _MONDAY_OR_SECONDS:
        return CampaignError(
            "A step counts days, it does not wait for a day of the week: instead of {text}, write for example"
            " {examples}.",
            text=shown(text),
            examples=_or(_at(1, _USUAL), _at(3, _USUAL)),
        )
    if words.has("today"):
        return CampaignError(
            "A step with a fixed time is sent tomorrow at the earliest: instead of {text}, write for example"
            " {examples}.",
            text=shown(text),
            examples=_or("2h", _at(1, _USUAL)),
        )
    if words.has("month"):
        return CampaignError(
            "Months and years differ in length: instead of {text}, write for example {examples}.",
            text=shown(text),
            examples=_or("30d", _at(30, _USUAL)),
        )
    return None


def _without_unit(text: str, words: Words) -> CampaignError | None:
    number = words.take("number")
    if number is None or not words.is_over or not 1 <= number.value <= _MOST_WITHOUT_UNIT:
        return None
    return CampaignError(
        "Is {text} in minutes, hours or days? Write {minutes}, {hours} or {days}.",
        text=shown(text),
        minutes=f"{number.value}m",
        hours=f"{number.value}h",
        days=f"{number.value}d",
    )


def _without_day(text: str, words: Words) -> CampaignError | None:
    clock = spoken_time.read_clock(words)
    if clock is None or not words.is_over or clock.minutes >= DAY_MINUTES:
        return None
    if clock.form == "bare" and not clock.has_at:
        return None
    other = _at(3, clock.minutes)
    if clock.form == "colon" and not clock.has_at:
        other = _amount(0, clock.minutes)
    elif spoken_time.may_be_later(clock):
        other = _at(1, clock.minutes + NOON * HOUR_MINUTES)
    return CampaignError(
        "{text} does not say on which day: write for example {examples}.",
        text=shown(text),
        examples=_or(_at(1, clock.minutes), other),
    )


def _without_hour(text: str, words: Words, most_days: int) -> CampaignError | None:
    day = _day(words)
    clock = spoken_time.read_clock(words) if day else None
    if day is None or not (day.is_named or day.is_ahead or (clock and words.is_over)):
        return None
    minutes = clock.minutes if clock else _USUAL
    _check(text, LocalTime(day.days, minutes), most_days)
    if clock and clock.is_midnight:
        return CampaignError(
            "Midnight in {text} may be the start or the end of that day: write for example {examples}.",
            text=shown(text),
            examples=_or(_at(day.days, 0), _at(day.days + 1, 0)),
        )
    if clock and words.is_over and _is_hour(day, clock) and _may_be_later(clock):
        return CampaignError(
            "{given} may be meant in the morning or in the evening: write for example {one} or {other}.",
            given=shown(text),
            one=_at(day.days, minutes),
            other=_at(day.days, minutes + NOON * HOUR_MINUTES),
        )
    amount = _amount(day.days, clock.minutes if clock else 0)
    return CampaignError(
        "The hour in {text} is not clear: write for example {examples}.",
        text=shown(text),
        examples=_or(
            _at(day.days, _MORNING if day.is_named else minutes), _at(day.days, _USUAL) if day.is_named else amount
        ),
    )


def _or(one: str, other: str) -> Phrase:
    return Phrase("{one} or {other}", one=one, other=other)


def _at(days: int, minutes: int) -> str:
    time = "{:02}:{:02}".format(*divmod(minutes, HOUR_MINUTES))
    return Phrase("tomorrow {time}", time=time) if days == 1 else f"+{days}d {time}"


def _amount(days: int, minutes: int) -> str:
    """Days, hours and minutes as an amount of time, such as `1d2h`."""
    counts = (days, "d"), (minutes // HOUR_MINUTES, "h"), (minutes % HOUR_MINUTES, "m")
    return "".join(f"{count}{unit}" for count, unit in counts if count) or "0m"
