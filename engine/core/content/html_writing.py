"""Writes a text and the formatting that a message carries beside it as Telegram's HTML, attributes escaped too.

Offsets and lengths are in UTF-16 units. Formatting that overlaps is cut where the outer one ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

_UNIT: Final = 2
"""Bytes of a UTF-16 unit."""
_TAGS: Final = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote expandable",
}


class Formatting(NamedTuple):
    """`value`: a link's address, a language of code, an emoji's id, a date's second and format."""

    offset: int
    length: int
    kind: str
    value: str = ""
    detail: str = ""

    @property
    def end(self) -> int:
        return self.offset + self.length


def write(text: str, formatting: Iterable[Formatting]) -> str:
    """A kind that Telegram adds by itself, such as a hashtag, needs no tag."""
    units = text.encode("utf-16-le", "surrogatepass")
    end = len(units) // _UNIT
    inside = (one for one in formatting if 0 <= one.offset < min(one.end, end))
    return "".join(_pieces(units, _nested(inside, end)))


def _pieces(units: bytes, spans: Sequence[Formatting]) -> Iterator[str]:
    opened: list[Formatting] = []
    at = 0
    for span in spans:
        while opened and opened[-1].end <= span.offset:
            yield _escaped(units, at, opened[-1].end) + _tags(opened[-1])[1]
            at = opened.pop().end
        yield _escaped(units, at, span.offset) + _tags(span)[0]
        at = span.offset
        opened.append(span)
    for span in reversed(opened):
        yield _escaped(units, at, span.end) + _tags(span)[1]
        at = span.end
    yield _escaped(units, at, len(units))


def _nested(formatting: Iterable[Formatting], end: int) -> list[Formatting]:
    """In the order of the text, the outer one first, each cut where the one around it ends."""
    waiting, nested, ends = sorted(formatting, key=_place), [], [end]
    while waiting:
        span = waiting.pop(0)
        while ends[-1] <= span.offset:
            ends.pop()
        if (beyond := span.end - ends[-1]) > 0:
            rest = span._replace(offset=ends[-1], length=beyond)
            waiting = sorted([*waiting, rest], key=_place) if ends[-1] < end else waiting
            span = span._replace(length=span.length - beyond)
        nested.append(span)
        ends.append(span.end)
    return nested


def _place(span: Formatting) -> tuple[int, int]:
    return span.offset, -span.length


def _escaped(units: bytes, begin: int, end: int) -> str:
    return escape(units[begin * _UNIT : end * _UNIT].decode("utf-16-le", "surrogatepass"), quote=False)


def _tags(span: Formatting) -> tuple[str, str]:
    match span.kind:
        case "text_link":
            return f'<a href="{escape(span.value)}">', "</a>"
        case "custom_emoji":
            return f'<tg-emoji emoji-id="{escape(span.value)}">', "</tg-emoji>"
        case "date_time":
            return f'<tg-time unix="{escape(span.value)}" format="{escape(span.detail)}">', "</tg-time>"
        case "pre" if span.value:
            return f'<pre><code class="language-{escape(span.value)}">', "</code></pre>"
        case kind:
            tag = _TAGS.get(kind, "")
            return (f"<{tag}>", f"</{tag.split()[0]}>") if tag else ("", "")
