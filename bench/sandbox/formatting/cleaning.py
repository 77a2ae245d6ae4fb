"""What the server takes out of every text, and how the spans of the text move with it.

Control characters become spaces, carriage returns and marks that turn the direction of writing or draw lines
disappear. The ends are trimmed; a span loses the blanks at its beginning, and one that holds nothing else is dropped.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.sandbox.formatting.spans import Formatted, Span, SpanError, utf16_length

_REMOVED = re.compile("[\r\u030a\u0333\u033f\u2028-\u202e]")
_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_DIRECTIONS = re.compile("[\u200e\u200f]+(?=[\u200e\u200f])")
_JOINER = "\u200c"
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_BLANKS = " \n"
_BLANK_UNITS = frozenset(map(ord, _BLANKS))
# A text of these alone shows nothing. They stay in a text that shows something.
_INVISIBLE = re.compile(
    "[ \n\u00a0\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc\U000e0000-\U000e007f]*"
)
# These show what they hold even if it is blank: an address, a person, a block of code.
_HOLDING = frozenset({"text_link", "text_mention", "pre", "code"})


def cleaned(text: str, spans: Sequence[Span]) -> Formatted:
    """Clean the characters. `spans` are in order, and none crosses another. Raises SpanError."""
    if spans:
        _require_inside(text, spans)
    gone = _offsets_of(_REMOVED, text) if spans else []
    moved = (_moved(span, gone) for span in spans)
    kept = _CONTROL.sub(" ", _REMOVED.sub("", text))
    return Formatted(_DIRECTIONS.sub(_joined, kept), tuple(span for span in moved if span.length > 0))


def in_utf16(text: str, places: Iterable[int]) -> list[int]:
    """Turn places counted in characters into offsets in UTF-16 units."""
    astral = [found.start() for found in _ASTRAL.finditer(text)]
    return [place + bisect_left(astral, place) for place in places]


def shows_nothing(text: str) -> bool:
    return _INVISIBLE.fullmatch(text) is not None


def tightened(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Take the blanks from the beginnings of spans, and drop the spans that hold nothing else."""
    units = memoryview(text.encode("utf-16-le")).cast("H") if spans else memoryview(b"")
    kept, held = list[Span](), len(units)
    for span in reversed(spans):
        tight = _tight(span, units, held)
        held = span.offset if span.kind in _HOLDING else held
        if tight is not None:
            kept.append(tight)
    return tuple(reversed(kept))


def trimmed(text: str, spans: Iterable[Span]) -> Formatted:
    """Trim blanks at the end, and at the beginning up to the first span."""
    kept = text.rstrip(_BLANKS)
    end = utf16_length(kept)
    inside = [replace(span, length=min(span.end, end) - span.offset) for span in spans if span.offset < end]
    first = inside[0].offset if inside else end
    blank = min(len(kept) - len(kept.lstrip(_BLANKS)), first)
    return Formatted(kept[blank:], tuple(replace(span, offset=span.offset - blank) for span in inside))


def _joined(found: re.Match[str]) -> str:
    return _JOINER * len(found[0])


def _offsets_of(what: re.Pattern[str], text: str) -> list[int]:
    """Find where characters begin, in UTF-16 units."""
    return in_utf16(text, [found.start() for found in what.finditer(text)])


def _moved(span: Span, gone: list[int]) -> Span:
    before, within = bisect_left(gone, span.offset), bisect_left(gone, span.end)
    return replace(span, offset=span.offset - before, length=span.length - (within - before))


def _tight(span: Span, units: memoryview, held: int) -> Span | None:
    """`held` is where the next of those begins that hold even blanks: they keep them for what is around them."""
    if span.kind in _HOLDING:
        return span
    begin = next((at for at in range(span.offset, span.end) if units[at] not in _BLANK_UNITS), span.end)
    if begin == span.end:
        return None
    begin = min(begin, held)
    return replace(span, offset=begin, length=span.end - begin)


def _require_inside(text: str, spans: Sequence[Span]) -> None:
    _require_whole_characters(text, spans)
    end = utf16_length(text)
    for span in spans:
        if span.offset > end:
            raise SpanError(f"Entity begins after the end of the text at UTF-16 offset {span.offset}")
    for span in reversed(spans):
        if span.end > end:
            begins = f"Entity beginning at UTF-16 offset {span.offset}"
            raise SpanError(f"{begins} ends after the end of the text at UTF-16 offset {span.end}")


def _require_whole_characters(text: str, spans: Sequence[Span]) -> None:
    """Refuse the first span that ends or begins in the middle of a surrogate pair."""
    halves = _halves(text)
    cuts = [(span.end, 0, span) for span in spans] + [(span.offset, 1, span) for span in spans]
    for offset, begins, span in sorted(cuts, key=lambda cut: cut[:2]) if halves else ():
        if offset in halves:
            what = "Entity begins" if begins else f"Entity beginning at UTF-16 offset {span.offset} ends"
            raise SpanError(f"{what} in a middle of a UTF-16 symbol at byte offset {halves[offset]}")


def _halves(text: str) -> dict[int, int]:
    """Map each offset in the middle of a character to the end of that character in bytes."""
    begins = _offsets_of(_ASTRAL, text)
    ends = (len(text[: found.end()].encode()) for found in _ASTRAL.finditer(text))
    return {begin + 1: end for begin, end in zip(begins, ends, strict=True)}
