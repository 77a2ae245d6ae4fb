"""How our secrets look wherever they are written: the one place that those who make them and the log's mask share.

A pattern finds a secret inside any text, plain or percent-encoded. None of them takes more than linear time, because
strangers choose the texts in which they are looked for.
"""

import re
from typing import Final

from engine.core import api_key

_WORD: Final = r"[\w-]"
_BASE64: Final = r"(?:[\w+/-]|%2B|%2F)"
_BOT_TOKEN: Final = rf"(?<!\d)\d{{5,}}+(?::|%3A){_WORD}{{30,}}+"
_FORMS: Final = (
    _BOT_TOKEN,
    rf"(?<!{_WORD})AA{_WORD}{{33}}(?!{_WORD})",  # a bot's token without its number
    api_key.IN_TEXT.pattern,
    rf"{_BASE64}{{43}}(?:=|%3D)",  # ENCRYPTION_KEY
    r"(?<=://)[^\s/?#@:]{0,200}+:(?:[^\s@]{0,500}+@)+",  # user and password of an address
    rf"(?<=/r/){_WORD}{{16,}}+",  # a tracked link
    rf"(?<=start[= ]){_WORD}{{16,}}+",  # an invitation
    r"(?<=Bearer )[\w.~+/-]{8,}+=*",
    rf"(?<=Secret-Token: ){_WORD}+",
    r"(?<=password=)[^\s&]+",
    r"(?<=token=)[^\s&]+",
)
_ANY: Final = re.compile("|".join(_FORMS), re.ASCII | re.IGNORECASE)
_TOKEN: Final = re.compile(_BOT_TOKEN, re.ASCII | re.IGNORECASE)


def holds_a_token(text: str) -> bool:
    """Whether a text holds what looks like a bot's token, and so must not be shown to anybody."""
    return _TOKEN.search(text) is not None


def without_secrets(text: str, mask: str) -> str:
    """The text with the mask in place of whatever looks like a secret."""
    return _ANY.sub(mask, text)
