"""How our secrets look wherever they are written: the one place that those who make them and the log's mask share.

A pattern finds a secret inside any text, plain or percent-encoded, by its form or by what stands before it. None of
them takes more than linear time, because strangers choose the texts in which they are looked for.
"""

import re
from typing import Final

from engine.core import api_key

_FLAGS: Final = re.ASCII | re.IGNORECASE
_WORD: Final = r"[\w-]"
_BASE64: Final = r"(?:[\w+/-]|%2B|%2F)"
_COLON: Final = r"(?::|%(?:25)*+3A)"
_IS: Final = r"(?:=|%3D)"
_BLANK: Final = r"(?:\s|%20){1,3}+"
_QUOTE: Final = r"\\{0,3}+[\"']"
_FIELD: Final = r"(?:token|secret|passw(?:or)?d|encryption_key)"
_BOT_TOKEN: Final = rf"(?<!\d)\d{{5,}}+{_COLON}{_WORD}{{30,}}+"
_FORMS: Final = (
    _BOT_TOKEN,
    rf"(?<!{_WORD})(?-i:AA){_WORD}{{33}}(?!{_WORD})",  # a bot's token without its number
    api_key.IN_TEXT.pattern,
    rf"{_BASE64}{{43}}{_IS}",  # ENCRYPTION_KEY
    r"(?<=://)[^\s/?#@:]{0,200}+:(?:[^\s@]{0,500}+@)+",  # user and password of an address
    rf"(?<=/r/){_WORD}{{16,}}+",  # a tracked link
)
_OPENS: Final = rf"(?:\s{{0,3}}+=|{_QUOTE}\s{{0,3}}+[=:,]|:)\s{{0,3}}+b?(?P<quote>{_QUOTE})"
"""A quoted value, as Python and JSON write the fields of a call."""
_PLACES: Final = (
    rf"(?P<before>(?:{_FIELD}|(?<![a-z])(?:text|caption)){_OPENS})(?:(?!(?P=quote))(?:\\.|.))++",
    rf"(?P<before>{_FIELD}\s{{0,3}}+=\s{{0,3}}+)[^\s&\"'\\][^\s&]*+",
    rf"(?P<before>(?:Authorization|Secret-Token):{_BLANK})(?:\w{{1,20}}+{_BLANK})?+\S++",
    rf"(?P<before>Bearer{_BLANK})[\w.~+/-]{{8,}}+=*+",
    # an invitation
    rf"(?P<before>(?:(?<![a-z])|(?<=%3F)|(?<=%26))start(?:app|group)?{_IS}|/start(?:@\w{{1,40}}+)?{_BLANK}){_WORD}{{16,}}+",
)
_BY_FORM: Final = re.compile("|".join(_FORMS), _FLAGS)
_BY_PLACE: Final = tuple(re.compile(place, _FLAGS) for place in _PLACES)
_TOKEN: Final = re.compile(_BOT_TOKEN, _FLAGS)


def holds_a_token(text: str) -> bool:
    """Whether a text holds what looks like a bot's token, and so must not be shown to anybody."""
    return _TOKEN.search(text) is not None


def without_secrets(text: str, mask: str) -> str:
    """The text with the mask in place of whatever looks like a secret."""
    text = _BY_FORM.sub(mask, text)
    for place in _BY_PLACE:
        text = place.sub(rf"\g<before>{mask}", text)
    return text
