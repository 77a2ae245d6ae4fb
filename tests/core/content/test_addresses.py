"""Which addresses become links, by the rules of Telegram's server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.content import addresses


@pytest.mark.parametrize(
    "address",
    [
        *("https://example.com/offer", "HTTP://Example.COM", "example.com", "www.loja.com.br/?a=1&b=2#c", "x.y"),
        *("https://ação.com.br/é", "https://дом.рф", "https://u:p@example.com:8443/", "https://e.com:080", "a.b:65535"),
        *(
            "http://127.0.0.1:8080/x",
            "http://[::1]/",
            "https://[2001:db8::1]:443/x",
            "https://e.com?x=[1]",
            "e.com/a b",
        ),
        *("https://a%41.com", "https://a_b.com", "https://e.com/{{a}}", "https://e.com/?u=https://x.y"),
        *(
            "tg://resolve?domain=shop_bot",
            "tg:resolve?domain=x",
            "TG://user?id=5",
            "tg://user/?id=5",
            "tg://emoji?id=6",
        ),
        *("ton://transfer/EQ", "tonsite://shop.ton/x", "tg://join?invite=a@b"),
    ],
)
def test_an_address_that_telegram_links(address: str) -> None:
    assert addresses.is_link(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "comprar", "javascript:alert(1)", "https://localhost", "http://localhost:8080/x", "https://shop/", "/x"),
        *(
            "https://",
            "https:///x",
            "https:example.com",
            "ftp://e.com",
            "mailto:a@b.c",
            "a@b.c",
            "https://e.com:0",
            "e.com:00",
        ),
        *("https://e.com:", "https://e.com:x", "https://e.com:-1", "https://e.com:65536", "https://e.com:999999999999"),
        *("https://{x}.com", "https://a b.com", 'https://a".com', "https://a|b.com", "https://a%4.com", "https://a^.b"),
        *(
            "https://[::1",
            "https://[::g]/",
            "https://[::1%25eth0]/",
            "https://.",
            "https://..",
            "https://@",
            "https://a@",
        ),
        *(" https://e.com", "https://e.com@", "https://u{@e.com", "tg://", "tg://a.b", "tg:https://a.b", "tg://r:80"),
        *("tg://u@resolve", "tg://é", "ton://a.b", "tonsite://", "tel:+5511", "data:text/html,x", "whatsapp://send"),
    ],
)
def test_an_address_that_telegram_does_not_link(address: str) -> None:
    assert not addresses.is_link(address)


@given(st.text(st.sampled_from("htps:/.@[]%0aé?#-_{} ") | st.characters(), max_size=30))
def test_any_address_is_judged(address: str) -> None:
    assert isinstance(addresses.is_link(address), bool)
