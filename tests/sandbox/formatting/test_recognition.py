"""What the server recognises in a plain text."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sandbox.formatting.recognition import recognised


def found(text: str) -> list[tuple[str, str]]:
    units = text.encode("utf-16-le")
    return [(one.kind, units[2 * one.offset : 2 * one.end].decode("utf-16-le")) for one in recognised(text)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("mention", "@maria_silva"),
        ("mention", "@gif"),
        ("hashtag", "#promoção"),
        ("hashtag", "#2025a"),
        ("hashtag", "#oferta@loja_oficial"),
        ("cashtag", "$BRL"),
        ("cashtag", "$1INCH"),
        ("bot_command", "/start"),
        ("bot_command", "/start@shop_bot"),
        ("email", "ana.souza+x@loja.com.br"),
        ("phone_number", "+1-212-555-0123"),
        ("phone_number", "+55 (11) 99999-8888"),
        ("url", "https://telegram.org"),
        ("url", "loja.com.br"),
        ("url", "loja.com.br/ofertas/?a=(b)&c#d"),
        ("url", "http://foo.internal:8080/x"),
        ("url", "ftp://a.io"),
        ("url", "https://user:word@a.io/x"),
        ("url", "10.0.0.1/x"),
        ("url", "xn--80ak6aa92e.com"),
        ("url", "ação.com"),
    ],
)
@pytest.mark.parametrize(("before", "after"), [("", ""), ("😀 ", " fim"), ("(", ")"), ("é, ", ", e mais"), ("\n", "!")])
def test_what_is_recognised_ends_where_it_ends(kind: str, text: str, before: str, after: str) -> None:
    assert found(before + text + after) == [(kind, text)]


@pytest.mark.parametrize(
    "text",
    [
        "a@maria",
        "@ab",
        "@" + "a" * 33,
        "@mariaé",
        "#123",
        "a#b",
        "#a#",
        "$brl",
        "$ABCDEFGHI",
        "R$10",
        "a/b",
        "/start/",
        "/start@ab",
        "</b>",
        "//start",
        "1212-555-0123",
        "+123",
        "J.R. Silva",
        "Dr.João",
        "fim.Me",
        "v1.2.3",
        "256.1.1.1",
        "arquivo.zzz",
        "http://localhost",
        "a_b.com",
        "a-.com",
        "a..b",
        "...",
        "mail://a.io",
    ],
)
def test_what_only_looks_alike_is_plain_text(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(loja.com/x).", [("url", "loja.com/x")]),
        ("loja.com/x)y", [("url", "loja.com/x")]),
        ("loja.com?", [("url", "loja.com")]),
        ("loja.com/?", [("url", "loja.com/")]),
        ("loja.com.", [("url", "loja.com")]),
        ("loja.com:99999/x", [("url", "loja.com")]),
        ("tg://resolve?domain=shop_bot.", [("url", "tg://resolve?domain=shop_bot")]),
        ("(TON://transfer/x)", [("url", "TON://transfer/x)")]),
        ("loja.com:65535/x", [("url", "loja.com:65535/x")]),
        ("mailto:a@b.com", [("email", "a@b.com")]),
        ("#um #dois", [("hashtag", "#um"), ("hashtag", "#dois")]),
        ("@maria/start", [("mention", "@maria")]),
        ("a.io/@maria#um", [("url", "a.io/@maria#um")]),
    ],
)
def test_punctuation_and_brackets_do_not_belong_to_an_address(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@given(st.text(st.sampled_from("ab1.:/@#$+?()é😀 -_\u200c")))
def test_what_is_found_is_apart_and_in_order(text: str) -> None:
    spans = recognised(text)
    assert all(one.end <= other.offset for one, other in itertools.pairwise(spans))
    assert all(span.length > 0 for span in spans)
