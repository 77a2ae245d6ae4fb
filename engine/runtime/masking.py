"""What may be printed of a value: no secret, no message text, and no more than a line can hold.

Secrets are masked here, once, however careless the caller: by the name of a field, by the form of a secret, and by what
this process was given as one. Of an error only its class is printed, as its message may quote a body; our own refusals
speak, but for the values in them, which admins may have written.
"""

import re
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from engine.core.errors import Phrase, RecoveryError, SpokenError
from engine.core.server_address import split_address
from engine.runtime.stack_trace import LONGEST_STACK, class_name
from engine.security.secret_forms import without_secrets
from engine.settings import Settings

MASK: Final = "…"
LONGEST_VALUE: Final = 1_000
"""Characters of a value that are printed. An error's stack has a limit of its own."""
_SEARCHED: Final = 20 * LONGEST_VALUE
"""Characters in which secrets are looked for; the rest is not printed anyway."""
_REMEMBERED_LENGTH: Final = 100
"""Characters of a text whose masked form is remembered: our lines repeat most of their values."""
_REMEMBERED: Final = 4_096
STACK: Final = "exception"
_LARGEST_NUMBER: Final = 2**63
_SECRET_WORDS: Final = frozenset(
    {
        *("token", "tokens", "text", "secret", "key", "keys"),
        *("password", "passwd", "sslpassword", "authorization", "cookie"),
    }
)
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""Of a name, such as bot_token, Secret-Token and apiKey."""
_SHORTEST: Final = 6
"""A shorter password stands in too many words, and masking it would only show which."""
_PLACES: Final = re.compile(r"{(\w+)[^{}]*}")
"""For the values of a phrase."""
_known: Final[set[str]] = set()


def know(settings: Settings) -> None:
    """From now on the secrets of these settings are masked wherever they stand."""
    plain = {key.reveal() for key in settings.encryption_keys}
    for address in map(split_address, (settings.redis_url, settings.database_url)):
        plain.add(address.password or "")
        plain.update(value for name, value in parse_qsl(address.query) if is_secret(name))
    if settings.manager_token:
        plain.add(settings.manager_token.reveal())
    _known.update(form for word in plain for form in _spellings(word) if len(form) >= _SHORTEST)
    _masked_before.cache_clear()


def mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what must not appear in a log, and shorten what is too long for a line.

    The values of most lines, short texts and plain numbers, are seen to here: each call would cost as much again.
    """
    for name, value in event.items():
        if is_secret(name):
            event[name] = MASK
        elif type(value) is str and len(value) <= _REMEMBERED_LENGTH:
            event[name] = _masked_before(value)
        elif type(value) is not int or abs(value) >= _LARGEST_NUMBER:
            event[name] = _printable(value, LONGEST_STACK if name == STACK else LONGEST_VALUE)
    return event


def is_secret(name: str) -> bool:
    return _is_secret_as_before(name) if len(name) <= _REMEMBERED_LENGTH else _holds_a_secret_word(name)


def _holds_a_secret_word(name: str) -> bool:
    return not _SECRET_WORDS.isdisjoint(map(str.lower, _WORDS.findall(name)))


def masked(text: str) -> str:
    """The text without any secret that is known by its form, or that this process was given."""
    for word in sorted(_known, key=len, reverse=True):
        text = text.replace(word, MASK)
    return without_secrets(text, MASK)


_masked_before: Final = lru_cache(_REMEMBERED)(masked)
_is_secret_as_before: Final = lru_cache(_REMEMBERED)(_holds_a_secret_word)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}{MASK} ({len(text) - most:,} more)"


def _printable(value: Any, most: int) -> Any:
    """Numbers pass, if JSON has them; any other value is searched in the form in which it would be printed."""
    if value is None or (isinstance(value, (int, float)) and abs(value) < _LARGEST_NUMBER):
        return value
    if isinstance(value, str):
        return shortened(_searched(str(value)), most)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        nested = _nested(value)
        return nested if len(str(nested)) <= most else shortened(str(nested), most)
    text = _said(value) if isinstance(value, BaseException) else str(value)
    return shortened(_searched(text), most)


def _searched(text: str) -> str:
    """Of a text that is cut, the end is not said either: a secret that was cut has lost its form."""
    if len(text) <= _REMEMBERED_LENGTH:
        return _masked_before(text)
    if len(text) <= _SEARCHED:
        return masked(text)
    return shortened(masked(text[:_SEARCHED])[:-LONGEST_VALUE], LONGEST_VALUE) + MASK


def _nested(value: Mapping[Any, Any] | Collection[Any]) -> Any:
    if isinstance(value, Mapping):
        return mask(None, "", {_printable(str(name), LONGEST_VALUE): inner for name, inner in value.items()})
    return [_printable(inner, LONGEST_VALUE) for inner in value]


def _said(error: BaseException) -> str:
    if isinstance(error, SpokenError):
        return _without_values(error.phrase)
    return str(error) if isinstance(error, RecoveryError) else class_name(error)


def _without_values(phrase: Phrase) -> str:
    """The sentence with those of its values that we have written, and with the names of the others."""
    ours = {name: _without_values(value) for name, value in phrase.values.items() if isinstance(value, Phrase)}
    return _PLACES.sub(lambda place: ours.get(place[1], place[0]), phrase.template)


def _spellings(word: str) -> Iterator[str]:
    """As it was given, and as addresses and errors write it."""
    plain = unquote(word)
    yield from (word, plain, quote(plain), quote(plain, safe=""), repr(plain)[1:-1])
