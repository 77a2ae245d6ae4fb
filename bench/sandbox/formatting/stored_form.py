"""A text with spans as the server keeps it: cleaned, with spans that nest, and with what it recognises itself."""

from collections.abc import Iterable
from functools import lru_cache

from bench.sandbox.formatting.cleaning import cleaned, tightened, trimmed
from bench.sandbox.formatting.nesting import nested
from bench.sandbox.formatting.recognition import recognised
from bench.sandbox.formatting.spans import Formatted, Span, SpanError

# A bot has no business beyond it: the server refuses the number before it looks at the text.
_LAST_OFFSET = 1_000_000


def stored_form(text: str, spans: Iterable[Span]) -> Formatted:
    """Raises SpanError for a span that does not fit the text."""
    given = tuple(spans)
    for span in given:
        _require_sane(span)
    kept = cleaned(text, nested(given))
    shown = trimmed(kept.text, nested(tightened(kept.text, kept.spans)))
    found = recognised(shown.text)
    return Formatted(shown.text, tightened(shown.text, nested(shown.spans, found)) if shown.spans else found)


@lru_cache(maxsize=1024)
def plain(text: str) -> Formatted:
    """Read a text without markup; cached because a campaign sends the same text to thousands."""
    return stored_form(text, ())


def _require_sane(span: Span) -> None:
    if not 0 <= span.offset <= _LAST_OFFSET:
        raise SpanError(f"Receive an entity with incorrect offset {span.offset}")
    if not 0 <= span.length <= _LAST_OFFSET:
        raise SpanError(f"Receive an entity with incorrect length {span.length}")
