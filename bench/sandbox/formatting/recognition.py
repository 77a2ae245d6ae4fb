"""What the server itself recognises in a plain text: mentions, commands, hashtags, links and the like.

Its rules for phone numbers are not public: here a number is international, with a plus sign.
"""

import re
from collections.abc import Iterator
from operator import itemgetter

from bench.sandbox.formatting.cleaning import in_utf16
from bench.sandbox.formatting.nesting import apart
from bench.sandbox.formatting.spans import Span
from bench.sandbox.formatting.web_addresses import Found, find_addresses

# The letters of hashtags: besides word characters a joiner, a middle dot, and the Sinhala script with its marks.
_TAG = r"[\w\u200c\u00b7\u0d80-\u0dff]"
_CHAT = r"(?:@[a-zA-Z0-9_]{3,32}(?!\w))?"
# Whatever is recognised has one of these.
_SIGN = re.compile("[@/#$+.]")
_MENTION = re.compile(r"(?<!\w)@[a-zA-Z0-9_]{2,32}(?!\w)")
_SHORTEST_NAME = 4
_SHORT_NAMES = frozenset({"@gif", "@vid", "@pic"})
_COMMAND = re.compile(r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32}|(?!@))(?![\w/<>])")
_HASHTAG = re.compile(rf"(?<!{_TAG})#({_TAG}{{1,256}}+)(?!{_TAG}*#){_CHAT}")
_CASHTAG = re.compile(rf"(?<!{_TAG})(?<!\$)\$(?:1INCH|[A-Z]{{1,8}}+)(?!{_TAG}|\$){_CHAT}")
_PHONE = re.compile(r"(?<![\w+])\+\d(?:[ .()-]{0,2}\d){6,14}(?!\w)")


def recognised(text: str) -> tuple[Span, ...]:
    """Find what the server finds; of two that share a character the first stays."""
    if not _SIGN.search(text):
        return ()
    found = sorted(_find(text), key=lambda one: (one[1], -one[2]))
    begins, ends = (in_utf16(text, places) for places in (map(itemgetter(1), found), map(itemgetter(2), found)))
    spans = zip(map(itemgetter(0), found), begins, ends, strict=True)
    return apart(Span(kind, begin, end - begin) for kind, begin, end in spans)


def _find(text: str) -> Iterator[Found]:
    yield from (found for found in _all("mention", _MENTION, text) if _is_name(text[found[1] : found[2]]))
    yield from _all("bot_command", _COMMAND, text)
    yield from (found for found in _all("hashtag", _HASHTAG, text) if _has_letter(text[found[1] : found[2]]))
    yield from _all("cashtag", _CASHTAG, text)
    yield from _all("phone_number", _PHONE, text)
    yield from find_addresses(text)


def _all(kind: str, what: re.Pattern[str], text: str) -> Iterator[Found]:
    return ((kind, found.start(), found.end()) for found in what.finditer(text))


def _is_name(mention: str) -> bool:
    return len(mention) > _SHORTEST_NAME or mention.lower() in _SHORT_NAMES


def _has_letter(tag: str) -> bool:
    return any(letter.isalpha() for letter in tag.partition("@")[0])
