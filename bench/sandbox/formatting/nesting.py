"""How spans may lie in each other: the server drops some that cross, and cuts the others.

Links, mentions, code and the like are whole: of two that share a character the first stays. Quotations hold them, and
are never crossed by them. Bold, italic and their like may be cut: where something else begins, and around anything
whole. They are merged where they touch their own kind, and code holds none of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from bench.sandbox.formatting.spans import Span, in_order

_CUT = ("bold", "italic", "underline", "strikethrough", "spoiler")
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_CODE = frozenset({"pre", "code"})


class _Apart:
    """Spans that share no character, in order; finding one that another shares a character with is quick."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = apart(spans)
        self._ends = [span.end for span in self.spans]

    def met(self, one: Span) -> Span | None:
        place = bisect_right(self._ends, one.offset)
        other = self.spans[place] if place < len(self.spans) else None
        return other if other is not None and other.offset < one.end else None


def nested(given: Iterable[Span], found: Sequence[Span] = ()) -> tuple[Span, ...]:
    """Make spans nest as the server does; `found` in the plain text give way to those that are given."""
    spans = in_order(span for span in given if span.length > 0)
    if not spans:
        return tuple(found)
    quotes = _Apart(span for span in spans if span.kind in _QUOTES)
    whole = _Apart(span for span in spans if span.kind not in _QUOTES and span.kind not in _CUT)
    further = (one for one in found if whole.met(one) is None)
    uncut = in_order([*quotes.spans, *(one for one in (*whole.spans, *further) if _is_within(quotes.met(one), one))])
    return in_order([*uncut, *_cut([span for span in spans if span.kind in _CUT], uncut)])


def apart(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Keep of those that share a character the first; they come in order."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span.offset >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def _is_within(quote: Span | None, one: Span) -> bool:
    return quote is None or (quote.offset <= one.offset and one.end <= quote.end)


def _cut(spans: Sequence[Span], uncut: Sequence[Span]) -> Iterator[Span]:
    merged = [span for kind in _CUT for span in _merged(span for span in spans if span.kind == kind)]
    edges = sorted({span.offset for span in merged}.union(*((one.offset, one.end) for one in uncut)))
    code = _Apart(one for one in uncut if one.kind in _CODE)
    for span in merged:
        within = edges[bisect_right(edges, span.offset) : bisect_left(edges, span.end)]
        for begin, end in pairwise([span.offset, *within, span.end]):
            piece = Span(span.kind, begin, end - begin)
            if code.met(piece) is None:
                yield piece


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Merge spans of one kind that overlap or touch; they come in order."""
    merged: list[Span] = []
    for span in spans:
        if merged and span.offset <= merged[-1].end:
            end = max(merged[-1].end, span.end)
            merged[-1] = replace(merged[-1], length=end - merged[-1].offset)
        else:
            merged.append(span)
    return merged
