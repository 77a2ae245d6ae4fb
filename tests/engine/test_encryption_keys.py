"""ENCRYPTION_KEY is read strictly: each key has one spelling per alphabet, and the list has no gap and no key twice."""

from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.errors import SettingsError
from engine.security.vault import Vault
from engine.settings import Secret, load_settings

KEY_BYTES = 32
LONGEST_SENTENCE = 400
LAST_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
raw_keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
BOTH_SPECIAL = b"\xfb\xff" * 16
"""In base64 it has both characters in which the alphabets differ."""
ONE, OTHER = (urlsafe_b64encode(bytes([n]) * KEY_BYTES).decode() for n in (1, 2))
URLSAFE, STANDARD = urlsafe_b64encode(BOTH_SPECIAL).decode(), b64encode(BOTH_SPECIAL).decode()


def read(listed: str) -> tuple[Secret, ...]:
    environ = {"REDIS_URL": "redis://x", "DATABASE_URL": "postgresql://x/x", "ENCRYPTION_KEY": listed}
    return load_settings(environ, Path("no.env")).encryption_keys


def refusal(listed: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(listed)
    return str(caught.value)


@given(raw=raw_keys)
def test_both_alphabets_spell_the_same_key(raw: bytes) -> None:
    (urlsafe,), (standard,) = read(urlsafe_b64encode(raw).decode()), read(b64encode(raw).decode())
    assert Vault([urlsafe]).decrypt(Vault([standard]).encrypt("7:token")) == "7:token"
    assert Vault([urlsafe]).fingerprints == Vault([standard]).fingerprints


@given(raw=raw_keys, last=st.sampled_from(LAST_CHARACTERS))
def test_a_key_has_one_last_character(raw: bytes, last: str) -> None:
    """The last one carries four bits: four characters would decode to the same bytes."""
    right = urlsafe_b64encode(raw).decode()
    wrong = f"{right[:42]}{last}="
    other = f"{right[:41]}{last}{right[42:]}"
    assume(wrong != right)
    if LAST_CHARACTERS.index(last) % 4:
        assert "place 1" in refusal(wrong)
    else:
        assert [key.reveal() for key in read(wrong)] == [wrong]
    assert [key.reveal() for key in read(other)] == [other]


@given(first=raw_keys, second=raw_keys)
def test_the_order_of_different_keys_is_kept(first: bytes, second: bytes) -> None:
    assume(first != second)
    listed = [b64encode(first).decode(), urlsafe_b64encode(second).decode()]
    assert Vault(read(" , ".join(listed))).fingerprints == Vault(list(map(Secret, listed))).fingerprints


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (f"{ONE},{ONE}", "the same key at the places 1 and 2"),
        (f"{URLSAFE},{STANDARD}", "the same key at the places 1 and 2"),
        (f"{ONE},{STANDARD},{OTHER},{URLSAFE}", "the same key at the places 2 and 4"),
        (f"{URLSAFE[:22]}{STANDARD[22:]}", "place 1"),
        (f"{ONE},{OTHER},", "place 3"),
        (f",{ONE}", "place 1"),
        (f"{ONE},,{OTHER}", "place 2"),
        (",", "place 1"),
        (f"{ONE},{OTHER[:-1]}", "place 2"),
        (f"{ONE}={OTHER}", "place 1"),
        (f"{ONE};{OTHER}", "place 1"),
        (f"{ONE} {OTHER}", "place 1"),
        (f"{ONE[:20]} {ONE[20:]}", "place 1"),
        (f"{ONE},{OTHER}=", "place 2"),
        (f"{ONE},{OTHER[:10]}\n{OTHER[10:]}", "place 2"),
        (f"'{ONE}'", "place 1"),
        (f"{ONE},{'A' * 42}é=", "place 2"),
        (f"{ONE},{'A' * 42}Ａ=", "place 2"),
        (f"{ONE},{'00' * KEY_BYTES}", "place 2"),
    ],
)
def test_a_refusal_names_the_place_and_no_key(listed: str, said: str) -> None:
    sentence = refusal(listed)
    assert sentence.startswith("ENCRYPTION_KEY ")
    assert said in sentence
    assert len(sentence) < LONGEST_SENTENCE
    assert not [part for part in (ONE, OTHER, URLSAFE, STANDARD) if part[:20] in sentence or part[20:] in sentence]
