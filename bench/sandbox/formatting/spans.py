"""A plain text with spans: what every markup is read into. Offsets and lengths of spans are in UTF-16 units."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

# Of spans with the same place, the one with the lower rank encloses the others.
_RANKS = {
    "blockquote": 0,
    "expandable_blockquote": 0,
    "pre": 10,
    "code": 20,
    "text_link": 49,
    "text_mention": 49,
    "date_time": 50,
    "bold": 90,
    "italic": 91,
    "underline": 92,
    "strikethrough": 93,
    "spoiler": 94,
    "custom_emoji": 99,
}


class MarkupError(ValueError):
    """The markup is invalid; the message is the server's."""


@dataclass(frozen=True, slots=True)
class Span:
    kind: str
    offset: int
    length: int
    argument: str = ""
    date: int = 0


@dataclass(frozen=True, slots=True)
class Formatted:
    text: str
    spans: tuple[Span, ...] = ()


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str) -> Formatted:
    return Formatted(text.strip(" \n"))


def listed(text: str, spans: list[Span]) -> Formatted:
    """Join a text with spans that were listed beside it; drop those outside the text."""
    inside = [span for span in spans if span.offset >= 0 and span.length > 0]
    return trimmed(Formatted(text, in_order(inside)))


def in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Put spans in the order of the text, the enclosing one first."""
    return tuple(sorted(spans, key=lambda span: (span.offset, -span.length, _RANKS[span.kind])))


def trimmed(formatted: Formatted) -> Formatted:
    """Trim spaces at the end, and at the start up to the first span."""
    text = formatted.text.rstrip(" \n")
    end = utf16_length(text)
    spans = [replace(span, length=min(span.length, end - span.offset)) for span in formatted.spans]
    spans = [span for span in spans if span.length > 0]
    first = spans[0].offset if spans else end
    blank = min(len(text) - len(text.lstrip(" \n")), first)
    shifted = (replace(span, offset=span.offset - blank) for span in spans)
    return Formatted(text[blank:], tuple(shifted))
