"""A signed token has one valid form, and only our keys make it."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.security.signed_tokens import Codec

CODEC = Codec([b"new" * 11, b"old" * 11], 10)


@given(st.binary(max_size=60))
def test_a_signed_payload_is_read_back(payload: bytes) -> None:
    assert CODEC.verify(CODEC.sign(payload)) == payload


def test_a_token_is_the_payload_and_its_short_signature_in_unpadded_base64url() -> None:
    signature = hmac.new(CODEC.keys[0], b"payload", sha256).digest()[:10]
    assert CODEC.sign(b"payload") == urlsafe_b64encode(b"payload" + signature).decode().rstrip("=")


def test_every_key_verifies_and_the_first_signs() -> None:
    old = Codec(CODEC.keys[1:], 10)
    assert CODEC.verify(old.sign(b"payload")) == b"payload"
    assert old.verify(CODEC.sign(b"payload")) is None


def test_a_token_is_worth_nothing_in_another_context() -> None:
    mine, yours = CODEC._replace(context=b"mine"), CODEC._replace(context=b"yours")
    assert mine.verify(mine.sign(b"payload")) == b"payload"
    assert yours.verify(mine.sign(b"payload")) is None


@given(st.text(max_size=80))
def test_a_text_that_nobody_signed_is_no_token(text: str) -> None:
    assert CODEC.verify(text) is None


@pytest.mark.parametrize("size", range(6))
def test_a_token_has_exactly_one_spelling(size: int) -> None:
    """The last character may carry bits that no byte needs."""
    token = CODEC.sign(b"x" * size)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelled = [other for other in alphabet if CODEC.verify(token[:-1] + other) is not None]
    assert spelled == [token[-1]]
    assert CODEC.verify(token + "=") is None
    assert CODEC.verify(token + "\n") is None
