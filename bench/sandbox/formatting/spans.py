"""A plain text with spans: what every markup is read into. Offsets and lengths of spans are in UTF-16 units."""

from collections.abc import Iterable
from dataclasses import dataclass

# Of spans with the same place, the one with the lower rank encloses the others.
_RANKS = {
    "blockquote": 0,
    "expandable_blockquote": 0,
    "pre": 10,
    "code": 20,
    "text_link": 49,
    "text_mention": 49,
    "mention": 50,
    "hashtag": 50,
    "cashtag": 50,
    "bot_command": 50,
    "url": 50,
    "email": 50,
    "phone_number": 50,
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


class SpanError(ValueError):
    """A span does not fit its text; the message is the server's."""


@dataclass(frozen=True, slots=True)
class Span:
    kind: str
    offset: int
    length: int
    argument: str = ""
    date: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Formatted:
    text: str
    spans: tuple[Span, ...] = ()


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Put spans in the order of the text, the enclosing one first."""
    return tuple(sorted(spans, key=lambda span: (span.offset, -span.length, _RANKS[span.kind])))
