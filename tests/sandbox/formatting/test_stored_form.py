"""A text with spans as the server keeps it: what is cleaned, how spans are cut, and what does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sandbox.formatting.cleaning import shows_nothing
from bench.sandbox.formatting.html import parse_html
from bench.sandbox.formatting.spans import Formatted, Span, SpanError, in_order, utf16_length
from bench.sandbox.formatting.stored_form import plain, stored_form

CUT = ("bold", "italic", "underline", "strikethrough", "spoiler")
KINDS = (*CUT, "blockquote", "expandable_blockquote", "code", "pre", "text_link", "custom_emoji")
LETTERS = "ab 😀é\n\t\r\u2028\u200b\u030a.@/#$+1"


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A text, and spans that begin and end between its characters."""
    text = draw(st.text(st.sampled_from(LETTERS), max_size=30))
    places = st.integers(0, len(text))
    spans = []
    for _ in range(draw(st.integers(0, 6))):
        begin, end = sorted((draw(places), draw(places)))
        offset, kind = utf16_length(text[:begin]), draw(st.sampled_from(KINDS))
        spans.append(Span(kind, offset, utf16_length(text[begin:end]), "7"))
    return text, spans


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\tb", "a b"),
        ("a\x0b\x1fb", "a  b"),
        ("a\r\nb\r", "a\nb"),
        ("a\u2028b\u2029c\u202ad\u202be\u202cf\u202dg\u202eh", "abcdefgh"),
        ("a\u030ab\u0333c\u033fd", "abcd"),
        ("a\u200e\u200f\u200eb\u200ec", "a\u200c\u200c\u200eb\u200ec"),
        (" \n a \n", "a"),
        ("\ta\t", "a"),
        ("a\u00a0", "a\u00a0"),
        ("\u200ba", "\u200ba"),
    ],
)
def test_characters_are_replaced_and_removed(text: str, kept: str) -> None:
    assert plain(text) == Formatted(kept)


@pytest.mark.parametrize(
    "letter", [" ", "\n", *map(chr, (0xA0, 0x1680, 0x2000, 0x200B, 0x200D, 0x2800, 0x3000, 0xFEFF))]
)
def test_a_text_of_invisible_characters_shows_nothing(letter: str) -> None:
    assert shows_nothing(plain(letter).text)
    assert not shows_nothing(plain(f"{letter}a{letter}").text)


@pytest.mark.parametrize(
    ("source", "spans"),
    [
        ("<b>a <i>b</i></b>", [("bold", 0, 2), ("bold", 2, 1), ("italic", 2, 1)]),
        ("<b>a<i>b</i>c</b>", [("bold", 0, 1), ("bold", 1, 2), ("italic", 1, 1)]),
        ("<b>a</b><b>b</b>", [("bold", 0, 2)]),
        ("<b><b>a</b>b</b>", [("bold", 0, 2)]),
        ("<b>a<code>b</code>c</b>", [("bold", 0, 1), ("code", 1, 1), ("bold", 2, 1)]),
        ("<code>a<b>b</b></code>", [("code", 0, 2)]),
        ("<a href='e.com'>a<code>b</code></a>", [("text_link", 0, 2)]),
        ("<b>a<a href='e.com'>b</a>c</b>", [("bold", 0, 1), ("text_link", 1, 1), ("bold", 1, 1), ("bold", 2, 1)]),
        ("<b>ab e.com</b>", [("bold", 0, 3), ("url", 3, 5), ("bold", 3, 5)]),
        ("<a href='e.com'>ab e.com</a>", [("text_link", 0, 8)]),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", [("blockquote", 0, 2)]),
        ("<blockquote>a<code>b</code></blockquote>", [("blockquote", 0, 2), ("code", 1, 1)]),
        ("<b>x <tg-emoji emoji-id='7'>😀</tg-emoji></b>", [("bold", 0, 2), ("bold", 2, 2), ("custom_emoji", 2, 2)]),
        (" <b> x</b>", [("bold", 0, 1)]),
        ("a<b> </b>b", []),
        ("a <code> </code>b", [("code", 2, 1)]),
        (" <pre> x</pre>", [("pre", 0, 2)]),
        ("a <b>x \n</b> \n", [("bold", 2, 1)]),
        ("<b>a\rb</b>\rc<i>d</i>", [("bold", 0, 2), ("italic", 3, 1)]),
    ],
)
def test_spans_are_cut_as_the_server_cuts_them(source: str, spans: list[tuple[str, int, int]]) -> None:
    assert [(span.kind, span.offset, span.length) for span in parse_html(source).spans] == spans


@pytest.mark.parametrize(
    ("offset", "length", "complaint"),
    [
        (-1, 1, "Receive an entity with incorrect offset -1"),
        (0, -1, "Receive an entity with incorrect length -1"),
        (1_000_001, 1, "Receive an entity with incorrect offset 1000001"),
        (0, 10**30, f"Receive an entity with incorrect length {10**30}"),
        (2, 1, "Entity begins in a middle of a UTF-16 symbol at byte offset 5"),
        (1, 1, "Entity beginning at UTF-16 offset 1 ends in a middle of a UTF-16 symbol at byte offset 5"),
        (4, 1, "Entity beginning at UTF-16 offset 4 ends after the end of the text at UTF-16 offset 5"),
        (5, 1, "Entity begins after the end of the text at UTF-16 offset 5"),
        (0, 9, "Entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 9"),
    ],
)
def test_a_span_that_does_not_fit_is_refused_in_the_servers_words(offset: int, length: int, complaint: str) -> None:
    with pytest.raises(SpanError) as refused:
        stored_form("a😀b", [Span("bold", offset, length)])
    assert str(refused.value) == complaint


def test_an_empty_span_may_lie_anywhere() -> None:
    assert stored_form("a", [Span("bold", 7, 0)]) == Formatted("a")


@given(texts_with_spans())
def test_what_is_kept_is_kept_again_unchanged(given_form: tuple[str, list[Span]]) -> None:
    kept = stored_form(*given_form)
    assert stored_form(kept.text, kept.spans) == kept


@given(texts_with_spans())
def test_spans_are_in_order_and_nest(given_form: tuple[str, list[Span]]) -> None:
    kept = stored_form(*given_form)
    assert kept.spans == in_order(kept.spans)
    for place, span in enumerate(kept.spans):
        assert 0 <= span.offset < span.end <= utf16_length(kept.text)
        for other in kept.spans[place + 1 :]:
            assert other.offset >= span.end or other.end <= span.end
            assert other.offset >= span.end or other.kind != span.kind


@given(texts_with_spans())
def test_code_holds_nothing_and_bold_and_its_like_are_cut(given_form: tuple[str, list[Span]]) -> None:
    kept = stored_form(*given_form)
    for place, span in enumerate(kept.spans):
        inner = [other for other in kept.spans[place + 1 :] if other.offset < span.end]
        assert not (span.kind in {"code", "pre"} and inner)
        assert not (span.kind in CUT and any(other.offset > span.offset for other in inner if other.kind in CUT))


@given(st.text(st.sampled_from(LETTERS)))
def test_cleaning_is_idempotent(text: str) -> None:
    kept = plain(text)
    assert plain(kept.text) == kept
    assert not set(kept.text) & set("\t\r\u2028\u030a")


@given(st.text("a😀", max_size=8), st.integers(-2, 20), st.integers(-2, 20))
def test_a_span_fits_only_between_characters(text: str, offset: int, length: int) -> None:
    """The judge of a span is a walk over the characters."""
    between = [utf16_length(text[:place]) for place in range(len(text) + 1)]
    fits = offset >= 0 and (length == 0 or (length > 0 and {offset, offset + length} <= {*between}))
    try:
        stored_form(text, [Span("bold", offset, length)])
    except SpanError:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize(
    "source",
    [
        "<b>a</b>x" * 3_600,
        "<b>a<code>b</code>c</b>d" * 1_300,
        "<b><i>" * 2_000 + "x" + "</i></b>" * 2_000,
        "<a href='e.io'>a</a>x" * 1_500,
        "#a" * 16_000,
        "a:" * 16_000 + "@",
        "a." * 16_000,
        "a" * 32_000,
        "+1" * 16_000,
    ],
    ids=lambda source: source[:12],
)
def test_the_longest_texts_are_read_too(source: str) -> None:
    """Each took seconds as long as spans were compared in pairs, or letters read again and again."""
    kept = parse_html(source)
    assert stored_form(kept.text, kept.spans) == kept
