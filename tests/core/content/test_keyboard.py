# ruff: noqa: E501 - a table is read one case a line
"""The buttons that Telegram takes, and the sentence for those that it does not take."""

import msgspec
import pytest

from engine.core.content import keyboard, templates
from engine.core.content.model import Button, Buttons, CopyButton, StartButton, StopButton, UrlButton, is_tracked
from engine.core.content.templates import Person
from engine.core.errors import CampaignError

SHOP = UrlButton("Shop", "https://example.com/")


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ((SHOP, StartButton("Talk", "offer_7-b"), CopyButton("Copy", "PROMO 10")), (StopButton("🔕", "danger"),)),
        ((SHOP,) * 8,),
        ((CopyButton("x", "y"),),) * 100,
        ((UrlButton("x", "https://a.b/", tracked=False),),) * 100,
        *(
            ((UrlButton("x", url),),)
            for url in (
                *("http://a.b", "HTTPS://Example.com/a?b=c#d", "https://ação.com.br/é", "https://u@example.com:8443/"),
                *("tg://resolve?domain=shop_bot", "tg://user?id=1", "http://127.0.0.1:8080/x", "http://localhost:1/"),
                *("http://[::1]/", "https://e.com:080/", "https://дом.рф", "ton://transfer/x", "tonsite://shop.ton/"),
                "https://example.com/" + "x" * (2048 - 20),
            )
        ),
        ((UrlButton("{first_name|x}, go", "https://example.com/{{a}}"),),),
        ((CopyButton("Copy", "OI-{first_name|x}-{{10}}"), CopyButton("Copy", "x" * 192 + "{username|y}")),),
        ((UrlButton("x", "tg://user?id=1", tracked=False), UrlButton("x", "https://x.y:8443/", tracked=False)),),
    ],
)
def test_content_that_telegram_accepts_passes(rows: Buttons) -> None:
    keyboard.check(rows)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (((),), "Row 1 has 0 buttons: put 1 to 8 in a row."),
        (((SHOP,), (SHOP,) * 9), "Row 2 has 9 buttons"),
        (((SHOP,),) * 101, "There are 101 buttons: leave at most 100."),
        (((SHOP,),) * 23, "Telegram takes 10240: leave fewer or shorter ones."),
        (((StopButton("a"), StopButton("b")),), "several buttons that stop reminders: leave one."),
        (((SHOP, UrlButton(" ", "https://a.b")),), "button 2 of row 1: The label is empty"),
        (((UrlButton("x" * 65, "https://a.b")),), "The label has 65 characters"),
        (((StopButton("{name}"),),), "button 1 of row 1: In line 1, column 1 of the label {name} is not a variable"),
        (((CopyButton("x", ""),),), "The text to copy has 0 characters: write 1 to 256."),
        (((CopyButton("x", "x" * 257),),), "The text to copy has 257 characters"),
        (((CopyButton("x", "x" * 193 + "{first_name|x}"),),), "The text to copy has 257 characters"),
        (((CopyButton("x", "{first_name}"),),), "of the text to copy {first_name} has no fallback"),
        (((CopyButton("x", "{cupom}"),),), "of the text to copy {cupom} is not a variable"),
        *(
            (((UrlButton("x", url, tracked=False),),), "Telegram opens no address of this machine: write a public one")
            for url in ("https://localhost", "http://LOCALHOST:8080/x")
        ),
        *(
            (((UrlButton("x", url, tracked=tracked),),), "The address is invalid: write it in full, such as https://")
            for tracked in (True, False)
            for url in (
                *("https://e.com:0", "https://e.com:", "https://e.com:0/x", "tg://a.b", "tg://é", "tg://r:80", "ton://a.b"),
                *("https://a|b.com", "https://a%4.com", "https://[::g]/", "https://shop./", "tg://", "https://u{@e.com"),
            )
        ),
        *(
            (((UrlButton("x", url),),), "of the address there is a variable, which an address does not take: delete it.")
            for url in ("https://{x}.com", "https://e.com/?n={first_name|x}", "tg://resolve?domain={bot}")
        ),
        (((UrlButton("{first_name|x}", "https://a.b"),),) * 20, "Telegram takes 10240: leave fewer or shorter ones."),
        (((CopyButton("x", "x" * 192 + "{first_name|x}"),),) * 21, "Telegram takes 10240: leave fewer or shorter ones."),
        (((CopyButton("x", "x\x00"),),), "of the text to copy there is a character that cannot be sent"),
        *(
            (((StartButton("x", payload),),), "The start payload is invalid: write 1 to 64 of A-Z")
            for payload in ("", "a b", "é", "x" * 65, "a=b", "a\n")
        ),
        *(
            (((UrlButton("x", url),),), "The address is invalid: write it in full, such as https://")
            for url in (
                *("", "example.com", "ftp://a.b", "javascript:alert(1)", "https://", "https:///x", "https:example.com"),
                *("https://shop/", "https://[::1", "https://a.b:x/", "https://a.b:99999/", "tg:resolve", "mailto:a@b.c"),
            )
        ),
        *(
            (((UrlButton("x", f"https://a.b/{odd}"),),), "The address contains a space or a character that cannot")
            for odd in (" ", "\n", "\x00", "\ud800", "\u2003")
        ),
        (((UrlButton("x", "https://a.b/" + "é" * 1020),),), "The address is longer than 2048 bytes: shorten it."),
        (((UrlButton("x", "https://a.b/" + "\ud800" * 9999),),), "The address is longer than 2048 bytes"),
    ],
)  # fmt: skip
def test_content_that_telegram_refuses_is_refused(rows: Buttons, sentence: str) -> None:
    rows = tuple(row if isinstance(row, tuple) else (row,) for row in rows)
    with pytest.raises(CampaignError) as refusal:
        keyboard.check(rows)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("button", "tracked"),
    [
        (SHOP, True),
        (UrlButton("x", "HTTP://a.b"), True),
        (UrlButton("x", "https://a.b", tracked=False), False),
        (UrlButton("x", "tg://resolve?domain=x"), False),
    ],
)
def test_only_an_address_of_the_web_is_tracked(button: UrlButton, *, tracked: bool) -> None:
    assert is_tracked(button) == tracked


@pytest.mark.parametrize(
    ("button", "action"),
    [
        (StartButton('"' * 64, "y" * 64, "primary"), {"url": f"https://t.me/{'b' * 32}?start={'y' * 64}"}),
        (CopyButton("👍" * 64, '"' * 256, "primary"), {"copy_text": {"text": '"' * 256}}),
        (CopyButton("{first_name|x}", "{first_name|x}{bot}"), {"copy_text": {"text": "👍" * 64 + "@" + "b" * 32}}),
        (StopButton("x", "primary"), {"callback_data": "recovery:stop"}),
        (UrlButton("x", "https://a.b/", style="primary"), {"url": "https://a.b/r/" + "t" * 300}),
        (UrlButton("x", "https://a.b/", tracked=False, style="primary"), {"url": "https://a.b/"}),
    ],
)
def test_no_button_is_larger_on_the_wire_than_was_counted(button: Button, action: dict[str, object]) -> None:
    text = templates.render_words(button.text, Person("👍" * 64), "b")
    written = msgspec.json.encode([[{"text": text, **action, "style": "primary"}]])
    assert keyboard._bytes(button) >= len(written) - len("[]") + len(",")
