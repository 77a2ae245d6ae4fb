"""Several hosts are read alike by every release of Python, and one host as ever."""

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.server_address import split_address

HOSTS = st.sampled_from(["a", "a:1", "127.0.0.1", "[::1]", "[::1]:2", "[2001:db8::7]:26379"])
WORDS = st.text(string.ascii_letters + string.digits + "%._-", max_size=5)


@given(st.lists(HOSTS, min_size=1, max_size=3), WORDS, WORDS, WORDS)
def test_each_part_is_found(hosts: list[str], password: str, path: str, option: str) -> None:
    netloc = f"user:{password}@{','.join(hosts)}"
    parts = split_address(f"redis+sentinel://{netloc}/{path}?db={option}")
    assert (parts.scheme, parts.netloc, parts.path, parts.query) == (
        "redis+sentinel",
        netloc,
        f"/{path}",
        f"db={option}",
    )
    assert (parts.username, parts.password) == ("user", password)


@pytest.mark.parametrize("url", ["", "redis", "unix:///run/redis.sock?db=1", "redis://u:p@a:1/0#x", "//a/b", "a,b"])
def test_one_host_is_split_as_ever(url: str) -> None:
    assert split_address(url) == urlsplit(url)


def test_a_bracket_without_its_other_half_is_refused() -> None:
    with pytest.raises(ValueError, match="IPv6"):
        split_address("redis://[::1/0")
