"""The keys of a bot's HTTP API: their form, what they may do, and when they end. Pure.

A key is `rec_`, 30 random characters and a checksum of 6, all base62. So a key that was cut or mistyped is told from a
revoked one without a look into the database, and a scanner finds one that has leaked. Keys that were made before the
checksum begin with `rk_`, and are still good.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from string import ascii_letters, digits
from typing import Final
from zlib import crc32

from engine.core.errors import BotError, CampaignError
from engine.core.schedule.spoken_schedule import read_duration
from engine.core.schedule.spoken_time import DAY_MS
from engine.core.schedule.timestamps import read_moment

PREFIX: Final = "rec_"
ALPHABET: Final = digits + ascii_letters
RANDOM: Final = 30
"""Characters, of 178 bits together: nobody guesses them."""
IN_TEXT: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{12,}}|rk_[\w-]{{30,}}", re.ASCII)
"""A key inside other text, or a piece of one that is long enough to help a thief. Logs are masked with it."""
MOST_DAYS: Final = 3_650
SOON_MS: Final = 14 * DAY_MS
"""How long before its end a key is pointed out."""
NEVER: Final = "never"

_CHECKSUM: Final = 6
_HINT: Final = len(PREFIX) + 6
_WHOLE: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM + _CHECKSUM}}}")
_FORMER: Final = re.compile(r"rk_[\w-]{43}", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Scope(StrEnum):
    """What a key may do."""

    ACTIVITY = "activity"
    PAYMENTS = "payments"
    READ = "read"


ALL: Final = tuple(Scope)


def compose(random: str) -> str:
    """The key with these random characters of ALPHABET."""
    return f"{PREFIX}{random}{_checksum(random)}"


def is_whole(text: str) -> bool:
    """Whether it has the form of a key, checksum included; whether it is valid is another question."""
    if _WHOLE.fullmatch(text):
        return text == compose(text[len(PREFIX) : -_CHECKSUM])
    return _FORMER.fullmatch(text) is not None


def hint(key: str) -> str:
    """The beginning of a key, by which people tell it from others; what is left of it cannot be guessed."""
    return key[:_HINT]


def read_scopes(text: str) -> tuple[Scope, ...]:
    """Read names separated by commas. Raises BotError."""
    names = {name.strip().lower() for name in text.split(",")}
    for name in sorted(names - set(Scope)):
        raise BotError(
            "{name!r} is not a scope: give {scopes}, or some of them, separated by commas.",
            name=name[:_HINT],
            scopes=",".join(ALL),
        )
    return tuple(scope for scope in ALL if scope in names)


def read_end(text: str, now_ms: int) -> int | None:
    """Read when a key ends: an amount of time, a day (its end, in UTC), a moment, or never. Raises BotError."""
    text = text.strip()
    if text.lower() == NEVER:
        return None
    end_ms = _end(text, now_ms)
    if not now_ms < end_ms <= now_ms + MOST_DAYS * DAY_MS:
        raise BotError(
            "A key ends after now and within {days} days: give for example 90d, a later date, or never.", days=MOST_DAYS
        )
    return end_ms


def _end(text: str, now_ms: int) -> int:
    try:
        if _DATE.fullmatch(text):
            begins = datetime.combine(date.fromisoformat(text), time.min, UTC)
            return (begins - _EPOCH) // timedelta(milliseconds=1) + DAY_MS
        if any(mark in text for mark in "-:"):
            return read_moment(text)
        lasts_ms = read_duration(text)
    except (ValueError, CampaignError) as error:
        raise _unclear(text) from error
    if lasts_ms is None:
        raise _unclear(text)
    return now_ms + lasts_ms


def _unclear(text: str) -> BotError:
    return BotError(
        "{text!r} does not say when a key ends: give an amount of time such as 90d, a date such as 2027-03-31, or"
        " never.",
        text=text[:40],
    )


def _checksum(random: str) -> str:
    rest, written = crc32((PREFIX + random).encode()), ""
    for _ in range(_CHECKSUM):
        rest, digit = divmod(rest, len(ALPHABET))
        written = ALPHABET[digit] + written
    return written
