"""Telegram's MarkdownV2 and its first Markdown: how a text is read, and the server's errors to the letter."""

import pytest

from bench.sandbox.formatting.markdown_v1 import parse_old_markdown
from bench.sandbox.formatting.markdown_v2 import parse_markdown
from bench.sandbox.formatting.spans import Formatted, MarkupError, Span
from tests.sandbox.hall import Hall

NO_OWN_LINK = "Invalid tg://emoji or tg://time URL specified"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("*a*", "bold"),
        ("_a_", "italic"),
        ("__a__", "underline"),
        ("~a~", "strikethrough"),
        ("||a||", "spoiler"),
        ("`a`", "code"),
        ("```\na```", "pre"),
        (">a", "blockquote"),
        (">a||", "expandable_blockquote"),
    ],
)
def test_a_mark_becomes_a_span_of_its_kind(source: str, kind: str) -> None:
    assert parse_markdown(source) == Formatted("a", (Span(kind, 0, 1),))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[x](https://Example.com/A\\)b)", Span("text_link", 0, 1, "https://example.com/A)b")),
        ("[example\\.com]", Span("text_link", 0, 11, "http://example.com/")),
        ("[x](tg://user?id=42)", Span("text_mention", 0, 1, "42")),
        ("![x](tg://emoji?id=5368324170671202286)", Span("custom_emoji", 0, 1, "5368324170671202286")),
        ("![x](TG://EMOJI?id=6)", Span("custom_emoji", 0, 1, "6")),
        ("![x](tg:emoji/?test=1&id=25&id=7#id=32)", Span("custom_emoji", 0, 1, "25")),
        ("![x](tg://time?unix=1700000000&format=r)", Span("date_time", 0, 1, "r", 1_700_000_000)),
        ("![x](TG://TiME/?format=Tw&unix=25#unix=32)", Span("date_time", 0, 1, "wT", 25)),
        ("![x](tg://time?unix=1700000000)", Span("date_time", 0, 1, "", 1_700_000_000)),
        ("```lua\r\nx```", Span("pre", 0, 1, "lua")),
    ],
)
def test_listed_entities_keep_their_details(source: str, expected: Span) -> None:
    assert parse_markdown(source).spans == (expected,)


def test_marks_nest() -> None:
    parsed = parse_markdown("*b _i ~s ||p||~ __u i___ b*")
    assert parsed.text == "b i s p u i b"
    assert [(span.kind, span.offset, span.length) for span in parsed.spans] == [
        ("bold", 0, 2),
        ("bold", 2, 2),
        ("italic", 2, 2),
        ("bold", 4, 2),
        ("italic", 4, 2),
        ("strikethrough", 4, 2),
        ("bold", 6, 2),
        ("italic", 6, 2),
        ("strikethrough", 6, 1),
        ("spoiler", 6, 1),
        ("bold", 8, 5),
        ("italic", 8, 3),
        ("underline", 8, 3),
    ]


def test_two_quotations_may_follow_each_other() -> None:
    parsed = parse_markdown("a\n>q\n>r\n**>e\n>f||\nend")
    assert parsed.text == "a\nq\nr\ne\nf\nend"
    assert parsed.spans == (Span("blockquote", 2, 4), Span("expandable_blockquote", 6, 4))


def test_escaped_marks_and_code_are_plain_text() -> None:
    assert parse_markdown("1\\. \\*a\\* \\\\ \\") == Formatted("1. *a* \\ \\")
    assert parse_markdown("`1. *a*\n>b`") == Formatted("1. *a*\n>b", (Span("code", 0, 9),))


def test_offsets_count_utf16_units() -> None:
    assert parse_markdown("😀 *😀é*") == Formatted("😀 😀é", (Span("bold", 3, 3),))


def test_an_invalid_link_and_an_empty_mark_leave_no_span() -> None:
    assert parse_markdown("[x](nowhere) [y]() **z") == Formatted("x y z")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("é.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("a>", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("a|b", "Character '|' is reserved and must be escaped with the preceding '\\'"),
        ("a!", "Character '!' is reserved and must be escaped with the preceding '\\'"),
        ("é *a", "Can't find end of Bold entity at byte offset 3"),
        ("_a", "Can't find end of Italic entity at byte offset 0"),
        ("*a _b*", "Can't find end of Bold entity at byte offset 5"),
        ("```lua\nx", "Can't find end of PreCode entity at byte offset 0"),
        ("[x", "Can't find end of TextUrl entity at byte offset 0"),
        (">*a\nb*", "Can't find end of Bold entity at byte offset 1"),
        ("é[x](y", "Can't find end of a URL at byte offset 6"),
        ("![x]", "The entity must contain a tg://emoji or tg://time URL"),
        ("é![x](tg://emoji?id=1", "Can't find end of a URL at byte offset 7"),
        ("![x](https://a.io)", NO_OWN_LINK),
        ("![x](tg://user?id=1)", NO_OWN_LINK),
        ("![x](tg://emojis?id=1)", NO_OWN_LINK),
        ("![x](tg://emoji#id=1)", NO_OWN_LINK),
        ("![x](tg://emoji?id=y)", NO_OWN_LINK),
        ("![x](tg://emoji?id=0)", NO_OWN_LINK),
        ("![x](tg://emoji?id=025)", NO_OWN_LINK),
        ("![x](tg://emoji?id=+5)", NO_OWN_LINK),
        ("![x](tg://emoji?id=9223372036854775808)", NO_OWN_LINK),
        ("![x](tg://time?unix=0)", NO_OWN_LINK),
        ("![x](tg://time?unix=2147483648)", NO_OWN_LINK),
        ("![x](tg://time?unix=1&format=q)", NO_OWN_LINK),
    ],
)
def test_a_wrong_text_is_refused_in_the_servers_words(source: str, complaint: str) -> None:
    with pytest.raises(MarkupError) as refused:
        parse_markdown(source)
    assert str(refused.value) == complaint


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("*a* b.", Formatted("a b.", (Span("bold", 0, 1),))),
        ("_a*b_", Formatted("a*b", (Span("italic", 0, 3),))),
        ("`a`", Formatted("a", (Span("code", 0, 1),))),
        ("```lua\nx```", Formatted("x", (Span("pre", 0, 1, "lua"),))),
        ("[x](https://a.io)", Formatted("x", (Span("text_link", 0, 1, "https://a.io/"),))),
        ("[x](tg://user?id=42)", Formatted("x", (Span("text_mention", 0, 1, "42"),))),
        ("[x](nowhere) [a.io]", Formatted("x a.io", (Span("text_link", 2, 4, "http://a.io/"),))),
        ("\\*a\\_ \\.", Formatted("*a_ \\.")),
    ],
)
def test_the_first_markdown_knows_five_marks(source: str, expected: Formatted) -> None:
    assert parse_old_markdown(source) == expected


def test_the_first_markdown_requires_closed_marks() -> None:
    with pytest.raises(MarkupError) as refused:
        parse_old_markdown("é *a")
    assert str(refused.value) == "Can't find end of the entity starting at byte offset 3"


@pytest.mark.parametrize(("mode", "text"), [("MarkdownV2", "*a*\\!"), ("markdown", "*a*!"), ("HTML", "<b>a</b>!")])
def test_a_bot_may_choose_its_update_types(mode: str, text: str) -> None:
    hall = Hall()
    message = hall.chat.messages[hall.send(text, parse_mode=mode)].message
    assert (message.text, message.entities[0].type) == ("a!", "bold")


def test_a_text_may_be_longer_with_its_markup_up_to_a_bound() -> None:
    hall = Hall()
    assert hall.send("<b>a</b>" * 4096, parse_mode="HTML")
    refused = hall.refusal("sendMessage", chat_id=hall.chat.person.user.id, text="<b>a</b>" * 4097, parse_mode="HTML")
    assert refused == (400, "Bad Request: text is too long")
