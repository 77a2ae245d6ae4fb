"""A token is a signed reference: it gives exactly what was signed, and nothing that resembles it is valid."""

from base64 import urlsafe_b64encode
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import CopyButton, Text, UrlButton
from engine.core.delivery import tracked_link
from engine.core.delivery.tracked_link import Reference
from engine.core.schedule.step_schedule import After
from engine.security.signed_links import LONGEST, SignedLinks

KEY, OLD = b"k" * 32, b"o" * 32
PUBLIC = "https://bots.example.org/in"
LINKS = SignedLinks([KEY, OLD], PUBLIC)
REFERENCE = Reference(7_000_000_001, 5_000_000_001, 1_800_000_000_000, 3, 1, 0, "offer", "price", "pt-br")

_NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=32)
_LONG = st.integers(0, 2**63 - 1)
_BYTE = st.integers(0, 255)
_REFERENCES = st.builds(
    Reference, _LONG, _LONG, _LONG, st.integers(0, 2**32 - 1), _BYTE, _BYTE, _NAMES, _NAMES, _NAMES | st.just("")
)
TOKEN = LINKS.token(REFERENCE)


@given(_REFERENCES)
def test_a_token_gives_the_signed_reference(reference: Reference) -> None:
    token = LINKS.token(reference)
    assert LINKS.read(token) == reference
    assert len(token) <= 200
    assert LINKS.mint(reference, "https://shop.example") == f"{PUBLIC}/r/{token}"


@given(st.integers(0, len(TOKEN) - 1), st.characters() | st.sampled_from(ascii_letters + digits + "-_"))
def test_no_other_character_anywhere_verifies(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert changed == TOKEN or LINKS.read(changed) is None


@pytest.mark.parametrize("step", ["a", "ab", "abc"])
def test_each_token_has_exactly_one_form(step: str) -> None:
    """The last character of two lengths in three has bits to spare."""
    token = LINKS.token(REFERENCE._replace(step=step))
    others = [token[:-1] + character for character in ascii_letters + digits + "-_" if character != token[-1]]
    assert [other for other in [*others, token + "=", token + "A"] if LINKS.read(other)] == []


@given(st.integers(0, len(TOKEN)), st.text(min_size=1, max_size=4))
def test_nothing_can_be_put_in(place: int, more: str) -> None:
    assert LINKS.read(TOKEN[:place] + more + TOKEN[place:]) is None


@given(st.integers(0, len(TOKEN) - 1), st.integers(1, len(TOKEN)))
def test_nothing_can_be_taken_out(place: int, count: int) -> None:
    assert LINKS.read(TOKEN[:place] + TOKEN[place + count :]) is None


@given(st.text(max_size=LONGEST + 50))
def test_an_unsigned_text_is_not_a_token(text: str) -> None:
    assert LINKS.read(text) is None


@given(st.binary(max_size=80))
def test_signed_bytes_that_were_not_packed_are_not_a_reference(raw: bytes) -> None:
    found = tracked_link.unpack(raw)
    assert found is None or tracked_link.pack(found) == raw


def test_the_first_key_signs_and_all_verify() -> None:
    old = SignedLinks([OLD], PUBLIC).token(REFERENCE)
    assert LINKS.read(old) == REFERENCE
    assert SignedLinks([KEY], PUBLIC).read(old) is None
    assert SignedLinks([KEY], PUBLIC).read(TOKEN) == REFERENCE


def test_a_signature_without_a_reference_is_not_a_token() -> None:
    assert LINKS.read(urlsafe_b64encode(b"x" * 16).decode().rstrip("=")) is None


def test_without_a_public_address_links_lead_straight_there() -> None:
    assert SignedLinks([KEY], None).mint(REFERENCE, "https://shop.example/a") == "https://shop.example/a"


ROWS = (
    (UrlButton("a", "https://a.example"), CopyButton("c", "CODE")),
    (
        UrlButton("b", "https://b.example"),
        UrlButton("t", "tg://resolve?domain=x"),
        UrlButton("u", "https://u", tracked=False),
    ),
)
PORTUGUESE = Text("oi", buttons=((UrlButton("a", "https://pt.example"),),))
BLOCK = Block("price", Text("hi", buttons=ROWS), languages={"pt": PORTUGUESE})
SNAPSHOT = Snapshot(zone="UTC", steps=(Step("offer", After(0), (Block("hello", Text("x")), BLOCK)),))


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"row": 0}, "https://a.example"),
        ({"row": 1}, "https://b.example"),
        ({"row": 0, "variant": "pt"}, "https://pt.example"),
        ({"row": 0, "column": 1}, None),
        ({"row": 1, "column": 1}, None),
        ({"row": 1, "column": 2}, None),
        ({"row": 1, "column": 3}, None),
        ({"row": 2}, None),
        ({"row": 0, "block": "hello"}, None),
        ({"row": 0, "block": "gone"}, None),
        ({"row": 0, "step": "gone"}, None),
    ],
)
def test_the_target_is_in_the_campaign(changes: dict[str, int | str], address: str | None) -> None:
    reference = Reference(*{**REFERENCE._asdict(), "column": 0, "variant": "", **changes}.values())
    assert tracked_link.target(SNAPSHOT, reference) == address
