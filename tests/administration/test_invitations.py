"""An invitation is long, signed, and in Redis only a digest; a guess is known as one without a query."""

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.administration import invitations
from storage.redis.client import open_redis

KEY, NEW = b"k" * 32, b"n" * 32


@pytest.fixture
async def word(redis_url: str) -> str:
    async with open_redis(redis_url) as redis:
        return await invitations.invite(redis, [KEY], 5, "editor", 1)


async def test_an_invitation_has_enough_random_bits_and_fits_a_link(word: str, redis_url: str) -> None:
    assert len(word) <= 64
    assert (len(urlsafe_b64decode(word)) - invitations._SIGNATURE_BYTES) * 8 >= 128
    async with open_redis(redis_url) as redis:
        (key,) = await redis.keys()
        assert word not in str([key, await redis.get(key)])


def test_it_is_genuine_as_long_as_one_of_the_keys_has_signed_it(word: str) -> None:
    assert invitations.is_genuine([KEY], word)
    assert invitations.is_genuine([NEW, KEY], word)
    assert not invitations.is_genuine([NEW], word)


@given(st.text(max_size=80) | st.from_regex(r"[\w-]{32}", fullmatch=True))
def test_no_guess_is_genuine(guess: str) -> None:
    assert not invitations.is_genuine([KEY], guess)
