"""An address is a link where the server makes one of it, and nothing elsewhere."""

import pytest

from bench.sandbox.formatting.links import checked_link


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://E.com", "https://e.com/"),
        ("e.com:8080?a=1", "http://e.com:8080/?a=1"),
        ("http://localhost:8300/r/x", "http://localhost:8300/r/x"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("https://u:p@é.com/", "https://u:p@é.com/"),
        ("tg://resolve?domain=x", "tg://resolve?domain=x"),
        ("ton://transfer/x", "ton://transfer/x"),
        ("tonsite://a.b", "tonsite://a.b"),
    ],
)
def test_an_address_gets_the_form_of_the_server(address: str, link: str) -> None:
    assert checked_link(address) == link


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://e.com:0",
            "https://[::1",
            "https://[x.y]",
            "https://e.com:65536",
            "https://e.com:",
            "https://e.com:x",
            "https:e.com",
        ),
        *("https://{x}.com", "https://e.com|x", "https://<x>.com", "https://e.com\\x", "https://localhost.", "comprar"),
        *("tg://a.b", "ton://a.b", "tg://resolve:80", "tg://http://x.y", "tg://", "ftp://e.com", "javascript:x"),
    ],
)
def test_what_the_server_does_not_take_is_no_link(address: str) -> None:
    assert checked_link(address) is None
