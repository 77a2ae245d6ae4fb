"""Tokens at rest."""

from base64 import urlsafe_b64encode

import pytest

from engine.core.errors import SettingsError
from engine.security.vault import Vault
from engine.settings import Secret

OLD, NEW = (Secret(urlsafe_b64encode(bytes([n]) * 32).decode()) for n in (1, 2))
TOKEN = "123456:a-token"  # noqa: S105 - made up


def test_a_token_comes_back_and_is_unreadable_meanwhile() -> None:
    kept = Vault([OLD]).encrypt(TOKEN)
    assert TOKEN.encode() not in kept
    assert Vault([OLD]).decrypt(kept) == TOKEN


def test_a_new_key_in_front_still_reads_what_the_old_one_wrote() -> None:
    kept = Vault([OLD]).encrypt(TOKEN)
    rotated = Vault([NEW, OLD])
    assert rotated.decrypt(kept) == TOKEN
    assert Vault([NEW]).decrypt(rotated.encrypt(TOKEN)) == TOKEN


def test_a_lost_key_is_an_error_with_the_mend() -> None:
    with pytest.raises(SettingsError, match="add the key that encrypted it"):
        Vault([NEW]).decrypt(Vault([OLD]).encrypt(TOKEN))
