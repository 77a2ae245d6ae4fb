"""Telegram's HTML: how a text is read, and the server's errors to the letter."""

import pytest

from bench.sandbox.formatting.html import parse_html
from bench.sandbox.formatting.links import checked_link, mentioned_user
from bench.sandbox.formatting.spans import Formatted, MarkupError, Span

NO_EMOJI = "Invalid custom emoji identifier specified"


def test_a_text_without_tags_has_no_spans() -> None:
    assert parse_html("just text") == Formatted("just text")


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("tg-spoiler", "spoiler"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
    ],
)
def test_a_tag_becomes_a_span_of_its_kind(tag: str, kind: str) -> None:
    assert parse_html(f"a <{tag}>word</{tag}>") == Formatted("a word", (Span(kind, 2, 4),))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<span class="tg-spoiler">x</span>', Span("spoiler", 0, 1)),
        ("<blockquote expandable>x</blockquote>", Span("expandable_blockquote", 0, 1)),
        ('<blockquote expandable="">x</blockquote>', Span("expandable_blockquote", 0, 1)),
        ('<tg-emoji emoji-id="5368324170671202286">x</tg-emoji>', Span("custom_emoji", 0, 1, "5368324170671202286")),
        ('<a href="https://Example.com/A?b=1&amp;c=2">x</a>', Span("text_link", 0, 1, "https://example.com/A?b=1&c=2")),
        ("<a href=example.com>x</a>", Span("text_link", 0, 1, "http://example.com/")),
        ("<a href='tg:user?id=42'>x</a>", Span("text_mention", 0, 1, "42")),
        ("<a>example.com</a>", Span("text_link", 0, 11, "http://example.com/")),
        ('<a href="tg://user?id=42">x</a>', Span("text_mention", 0, 1, "42")),
        ('<pre><code class="language-lua">x</code></pre>', Span("pre", 0, 1, "lua")),
        ('<code class="language-lua"><pre>x</pre></code>', Span("pre", 0, 1, "lua")),
        ('<tg-time unix="1700000000" format="r">x</tg-time>', Span("date_time", 0, 1, "r", 1_700_000_000)),
    ],
)
def test_attributes_add_details_to_a_span(source: str, expected: Span) -> None:
    assert parse_html(source).spans == (expected,)


def test_offsets_count_utf16_units() -> None:
    assert parse_html("😀 <b>😀é</b>") == Formatted("😀 😀é", (Span("bold", 3, 3),))


def test_spans_may_nest_and_the_outer_one_comes_first() -> None:
    parsed = parse_html("<i><b>both</b></i> <blockquote><b>ab</b></blockquote>")
    assert [(span.kind, span.offset, span.length) for span in parsed.spans] == [
        ("bold", 0, 4),
        ("italic", 0, 4),
        ("blockquote", 5, 2),
        ("bold", 5, 2),
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("&lt;b&gt; &amp; &quot;", '<b> & "'),
        ("&lt without end", "< without end"),
        ("&#65;&#x42;", "AB"),
        ("&nbsp; &unknown; & alone", "&nbsp; &unknown; & alone"),
        ("&#0; &#99999999;", "&#0; &#99999999;"),
    ],
)
def test_known_references_are_resolved_and_others_kept(source: str, text: str) -> None:
    assert parse_html(source) == Formatted(text)


def test_an_end_tag_without_name_closes_the_last_start_tag() -> None:
    assert parse_html("<b>x</>") == Formatted("x", (Span("bold", 0, 1),))


def test_an_empty_span_and_an_invalid_link_are_dropped() -> None:
    assert parse_html('a<b></b> <a href="no link">x</a>') == Formatted("a x")


def test_tag_names_are_read_in_any_case() -> None:
    assert parse_html("<B>x</b>").spans == (Span("bold", 0, 1),)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<i><b>x</b>", 'Can\'t find end tag corresponding to start tag "i"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("é <font>x</font>", 'Unsupported start tag "font" at byte offset 3'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("1 <2>", 'Unsupported start tag "2" at byte offset 2'),
        ("1 <", "Unclosed start tag at byte offset 2"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("<a href", 'Unclosed start tag "a" at byte offset 0'),
        ("<a href=", 'Unclosed start tag "a" at byte offset 0'),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x!y>z</a>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        *((f"<tg-emoji emoji-id='{one}'>y</tg-emoji>", NO_EMOJI) for one in ("x", "0", "007", "9223372036854775808")),
        ('<tg-time unix="1700000000" format="q">x</tg-time>', "Invalid date format used"),
        ('<tg-time unix="1700000000" format="rt">x</tg-time>', "Invalid date format used"),
        (
            "&#xd83d;",
            (
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            ),
        ),
        ("<b>\0</b>", "Text must not contain null bytes"),
    ],
)
def test_complaints_are_the_servers(source: str, complaint: str) -> None:
    with pytest.raises(MarkupError) as caught:
        parse_html(source)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("example.com", "http://example.com/"),
        ("HTTPS://User@Example.COM/Path", "https://User@example.com/Path"),
        ("https://example.com?q=1", "https://example.com/?q=1"),
        ("tg://resolve?domain=x", "tg://resolve?domain=x"),
        ("http://localhost:8080/x", "http://localhost:8080/x"),
        ("ftp://example.com", None),
        ("word", None),
        ("", None),
    ],
)
def test_links_are_brought_to_telegrams_form(url: str, stored: str | None) -> None:
    assert checked_link(url) == stored


def test_only_a_user_link_mentions_a_user() -> None:
    assert mentioned_user("tg://user?id=7") == 7
    assert mentioned_user("https://t.me/user?id=7") is None
