"""On which days and between which hours a campaign sends, as people write it: `seg-sex 9h-18h`, `weekdays 9am to 6pm`.

Hours that may be meant twelve hours later are refused, with both spelled out: `9-5` ends in the afternoon for some, and
in the small hours for others.
"""

from typing import Final, NamedTuple

from engine.core.errors import CampaignError, Phrase
from engine.core.schedule import spoken_time
from engine.core.schedule.spoken_time import DAY_MINUTES, HOUR_MINUTES, Clock
from engine.core.schedule.words import Lexicon, Words, is_too_long, lexicon, shown

WEEK: Final = tuple(range(1, 8))
_LONGEST: Final = 128
_WEEKEND: Final = 6
_HALF_DAY: Final = DAY_MINUTES // 2
_EXAMPLES: Final = Phrase("09:00-21:00, seg-sex 09:00-18:00, mon-fri 9-18, or off")

_LEXICON: Final[Lexicon] = lexicon(
    [
        *spoken_time.ROWS,
        ("day", 1, "segunda|segundas|seg|2ª|monday|mondays|mon"),
        ("day", 2, "terca|tercas|ter|3ª|tuesday|tuesdays|tues|tue"),
        ("day", 3, "quarta|quartas|qua|4ª|wednesday|wednesdays|wed"),
        ("day", 4, "quinta|quintas|qui|5ª|thursday|thursdays|thurs|thur|thu"),
        ("day", 5, "sexta|sextas|sex|6ª|friday|fridays|fri"),
        ("day", 6, "sabado|sabados|sab|saturday|saturdays|sat"),
        ("day", 7, "domingo|domingos|dom|sunday|sundays|sun"),
        ("-feira", 0, "- feira|- feiras|feira|feiras"),
        ("every", 0, "todos os dias|todo dia|todos|diariamente|every day|everyday|daily|all days|all"),
        ("working", 0, "dias uteis|dia util|dias de semana|dia de semana|durante a semana"),
        ("working", 0, "weekdays|weekday|on weekdays|working days|business days|workdays"),
        ("weekend", 0, "fim de semana|fins de semana|final de semana|finais de semana|weekend|weekends|the weekend"),
        ("each", 0, "de|das|dos|da|do|nas|nos|na|no|aos|toda|todo|todas as|todos os|on|from|every|each"),
        ("each", 0, "so|somente|apenas|only"),
        ("and", 0, "&"),
        ("between", 0, "entre|between"),
        ("to", 0, "-|ate|to|til|till|until|through|thru"),
        ("off", 0, "off|sempre|always|any time|anytime|at any time|any hour|at any hour|24 / 7|all day"),
        ("off", 0, "qualquer hora|a qualquer hora|qualquer horario|em qualquer horario|a qualquer momento"),
        ("off", 0, "desligado|desligada|desativado|desativada|sem horario|sem limite|dia todo|o dia todo"),
    ]
)
_FILLERS: Final = ("each", "at", "a")


class Hours(NamedTuple):
    """ISO days, and minutes of the local day; `end` is at most a whole day."""

    days: tuple[int, ...]
    start: int
    end: int


def read_hours(text: str) -> Hours | None:
    """None means at any hour. Raises CampaignError for what cannot be read or could mean two things."""
    if is_too_long(text, _LONGEST):
        raise _refusal(text)
    words = Words(text, _LEXICON)
    if _is_off(words):
        return None
    days = _days(words.rewound())
    words.skip(",", ":")
    span = _span(words)
    if span and not days and not words.is_over:
        words.skip(",")
        days = _days(words)
    if days and span is None and words.is_over:
        raise CampaignError(
            "{given} does not say from which hour to which: write for example {examples}.",
            given=shown(text),
            examples=_EXAMPLES,
        )
    if span is None or not words.is_over:
        raise _refusal(text)
    _check_sure(text, *span)
    return Hours(days or WEEK, span[0].minutes, span[1].minutes)


def _refusal(text: str) -> CampaignError:
    return CampaignError(
        "The hours {given} cannot be read: write for example {examples}.", given=shown(text), examples=_EXAMPLES
    )


def _is_off(words: Words) -> bool:
    """Always, in words or as all the hours of a day."""
    if words.take("off") or (words.peek().text in ("0", "-") and words.take("number", "to")):
        return words.is_over
    clock = spoken_time.read_clock(words)
    return clock is not None and words.is_over and clock.minutes == DAY_MINUTES and clock.form == "hours"


def _days(words: Words) -> tuple[int, ...]:
    """A list of days and ranges of days; () if there is none."""
    days = set(_group(words))
    while days and (more := _next_group(words)):
        days.update(more)
    return tuple(sorted(days))


def _next_group(words: Words) -> tuple[int, ...]:
    before = words.at
    words.skip(",", "and")
    more = _group(words)
    if not more:
        words.at = before
    return more


def _group(words: Words) -> tuple[int, ...]:
    before = words.at
    words.skip(*_FILLERS)
    if words.take("every"):
        return WEEK
    if words.take("working"):
        return WEEK[: _WEEKEND - 1]
    if words.take("weekend"):
        return WEEK[_WEEKEND - 1 :]
    first = _day(words)
    if first is None:
        words.at = before
        return ()
    last = _last_day(words)
    return _range(first, last) if last else (first,)


def _last_day(words: Words) -> int | None:
    before = words.at
    last = _day(words) if words.skip("to", *_FILLERS) else None
    if last is None:
        words.at = before
    return last


def _day(words: Words) -> int | None:
    day = words.take("day")
    words.take("-feira")
    return day.value if day else None


def _range(first: int, last: int) -> tuple[int, ...]:
    """Through the end of the week, if need be; from Monday to Monday is the whole week."""
    length = (last - first - 1) % len(WEEK) + 2 if last != first else len(WEEK)
    return tuple((first - 1 + step) % len(WEEK) + 1 for step in range(length))


def _span(words: Words) -> tuple[Clock, Clock] | None:
    words.skip(*_FILLERS)
    is_between = words.skip("between")
    start = spoken_time.read_clock(words, and_minutes=False)
    if start is None or not words.skip(*(("and",) if is_between else ("to", "at", "a"))):
        return None
    end = spoken_time.read_clock(words, and_minutes=False)
    return (start, end._replace(minutes=end.minutes or DAY_MINUTES)) if end else None


def _check_sure(text: str, start: Clock, end: Clock) -> None:
    if other := _other_meaning(start, end):
        written = (start.minutes, end.minutes) if start.minutes != end.minutes else other[::-1]
        raise CampaignError(
            "{given} may be meant in the morning or in the evening: write for example {one} or {other}.",
            given=shown(text),
            one=_written(*written),
            other=_written(*other),
        )


def _other_meaning(start: Clock, end: Clock) -> tuple[int, int] | None:
    """Hours of the same day that people may mean where the written ones are over night, early, or half said."""
    is_early = spoken_time.may_be_later(start) and not end.is_sure
    if not (is_early or _is_half_said(start, end) or end.minutes <= start.minutes):
        return None
    late_start, late_end = (clock.minutes + (0 if clock.is_sure else _HALF_DAY) for clock in (start, end))
    meanings = ((late_start, late_end), (start.minutes, late_end), (late_start, end.minutes))
    written = start.minutes, end.minutes
    return next((meant for meant in meanings if meant != written and meant[0] < meant[1] <= DAY_MINUTES), None)


def _is_half_said(start: Clock, end: Clock) -> bool:
    """Whether one of them alone has a word such as `pm`. Beside midnight `9h` needs none, and `9` does."""
    is_clear = end.is_midnight and start.is_marked
    return (start.form == "part") != (end.form == "part") and not is_clear


def _written(start: int, end: int) -> str:
    return "{:02}:{:02}-{:02}:{:02}".format(*divmod(start % DAY_MINUTES, HOUR_MINUTES), *divmod(end, HOUR_MINUTES))
