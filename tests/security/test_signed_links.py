"""A token is an encrypted reference: it gives exactly what was put in, says nothing by itself, and nothing that
resembles it is valid.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.delivery.tracked_link import Reference
from engine.security.signed_links import LENGTH, SignedLinks

KEY, OLD = b"k" * 32, b"o" * 32
PUBLIC = "https://bots.example.org/in"
ADDRESS = "https://shop.example/a"
LINKS = SignedLinks([KEY, OLD], PUBLIC)
REFERENCE = Reference(7_000_000_001, 5_000_000_001, 1_800_000_000_000, 3, 1, 0)
ALPHABET = ascii_letters + digits + "-_"

_ID = st.integers(1, 2**52 - 1)
_REFERENCES = st.builds(
    Reference,
    _ID,
    _ID,
    st.integers(0, 2**42 - 1),
    st.integers(0, 2**18 - 1),
    st.integers(0, 2**12 - 1),
    st.integers(0, 2**8 - 1),
)


def _token(reference: Reference, links: SignedLinks = LINKS) -> str:
    token = links.token(reference)
    assert token is not None
    return token


def _raw(token: str) -> bytes:
    return urlsafe_b64decode(token + "=" * (-len(token) % 4))


TOKEN = _token(REFERENCE)


@given(_REFERENCES)
def test_a_token_gives_the_reference_and_is_always_of_one_length(reference: Reference) -> None:
    token = _token(reference)
    assert LINKS.read(token) == reference
    assert len(token) == LENGTH == 52
    assert LINKS.mint(reference, ADDRESS) == f"{PUBLIC}/r/{token}"
    assert _token(reference) == token, "the same button of the same delivery"


@given(_REFERENCES, _ID)
def test_a_token_says_nothing_about_a_person(reference: Reference, other: int) -> None:
    """No spelling of an id is in it, and two people's tokens have no more in common than chance gives."""
    token, raw = _token(reference), _raw(_token(reference))
    shown = token.encode(), raw, raw.hex().encode()
    spellings = [str(reference.chat_id).encode()] if reference.chat_id > 99_999 else []
    spellings += [reference.chat_id.to_bytes(size, order) for size in (7, 8) for order in ("big", "little")]
    assert not [spelling for spelling in spellings for seen in shown if spelling in seen]
    if other != reference.chat_id:
        theirs = _raw(_token(reference._replace(chat_id=other)))
        assert sum(mine == their for mine, their in zip(raw, theirs, strict=True)) < 10


@given(_REFERENCES, st.integers(0, 5), st.integers(2**52, 2**70) | st.integers(-(2**70), -1))
def test_a_button_that_cannot_be_tracked_leads_straight_there(reference: Reference, place: int, beyond: int) -> None:
    numbers = list(reference)
    numbers[place] = beyond
    assert LINKS.token(Reference(*numbers)) is None
    assert LINKS.mint(Reference(*numbers), ADDRESS) == ADDRESS


@given(st.integers(0, len(TOKEN) - 1), st.characters() | st.sampled_from(ALPHABET))
def test_no_other_character_anywhere_is_valid(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert changed == TOKEN or LINKS.read(changed) is None


@given(st.integers(0, LENGTH * 6 - 1))
def test_no_bit_can_be_changed(bit: int) -> None:
    place, mask = bit // 6, 1 << bit % 6
    ordered = ascii_letters[26:] + ascii_letters[:26] + digits + "-_"
    other = ordered[ordered.index(TOKEN[place]) ^ mask]
    assert LINKS.read(TOKEN[:place] + other + TOKEN[place + 1 :]) is None


@pytest.mark.parametrize("more", ["=", "A", "\n", " ", "%0A", "/", "\x00"])
def test_a_token_has_exactly_one_form(more: str) -> None:
    assert LINKS.read(TOKEN + more) is LINKS.read(more + TOKEN) is LINKS.read(TOKEN[:-1] + more) is None


@given(st.integers(0, len(TOKEN)), st.text(min_size=1, max_size=4))
def test_nothing_can_be_put_in(place: int, more: str) -> None:
    assert LINKS.read(TOKEN[:place] + more + TOKEN[place:]) is None


@given(st.integers(0, len(TOKEN) - 1), st.integers(1, len(TOKEN)))
def test_nothing_can_be_taken_out(place: int, count: int) -> None:
    assert LINKS.read(TOKEN[:place] + TOKEN[place + count :]) is None


@given(st.text(max_size=LENGTH + 50) | st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH))
def test_a_text_that_we_did_not_make_is_not_a_token(text: str) -> None:
    assert LINKS.read(text) is None


@given(st.binary(min_size=39, max_size=39))
def test_bytes_that_we_did_not_encrypt_are_not_a_token(raw: bytes) -> None:
    assert LINKS.read(urlsafe_b64encode(raw).decode()) is None


def test_the_first_key_makes_tokens_and_all_read_them() -> None:
    old = _token(REFERENCE, SignedLinks([OLD], PUBLIC))
    assert LINKS.read(old) == REFERENCE
    assert SignedLinks([KEY], PUBLIC).read(old) is None
    assert SignedLinks([KEY], PUBLIC).read(TOKEN) == REFERENCE


def test_without_a_public_address_links_lead_straight_there() -> None:
    links = SignedLinks([KEY], None)
    assert (links.mints, links.mint(REFERENCE, ADDRESS)) == (False, ADDRESS)
