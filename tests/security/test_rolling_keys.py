"""The steps of docs/encryption-key.md: processes of two steps that follow each other read what the other one makes.

So they may be restarted in any order. What the old key made before the last step is refused after it.
"""

from base64 import urlsafe_b64encode
from itertools import pairwise

import pytest

from bot.framework import callbacks
from bot.framework.callbacks import Holder, Press
from engine.core.delivery.tracked_link import Reference
from engine.receiver.webhook_feed import secrets_of
from engine.security.signed_links import SignedLinks
from engine.security.vault import Vault
from engine.settings import Secret

OLD, NEW = (Secret(urlsafe_b64encode(bytes([n]) * 32).decode()) for n in (1, 2))
STEPS = ([OLD], [OLD, NEW], [NEW, OLD], [NEW])
SIDE_BY_SIDE = [*pairwise(STEPS), *pairwise(STEPS[::-1])]
ALL = {"token", "link", "button", "webhook"}
HOLDER = Holder(1, 2, 3)
REFERENCE = Reference(7, 41, 1_800_000_000_000, 1, 0, 0)


def passes(maker: Vault, reader: Vault) -> set[str]:
    """What the one makes and the other takes."""
    link = SignedLinks(maker.link_keys, "https://x").token(REFERENCE)
    button = callbacks.mint(maker.button_keys[0], Press(1), HOLDER, 0)
    taken = {
        "token": reader.place_of(maker.encrypt("7:token")) is not None,
        "link": link is not None and SignedLinks(reader.link_keys, "https://x").read(link) is not None,
        "button": callbacks.read(reader.button_keys, button, HOLDER) is not None,
        "webhook": secrets_of(maker, 7, "7:token")[0] in secrets_of(reader, 7, "7:token"),
    }
    return {name for name, is_taken in taken.items() if is_taken}


@pytest.mark.parametrize(("maker", "reader"), SIDE_BY_SIDE)
def test_processes_of_neighbouring_steps_read_each_other(maker: list[Secret], reader: list[Secret]) -> None:
    assert passes(Vault(maker), Vault(reader)) == ALL


def test_what_the_old_key_made_is_refused_once_it_is_gone() -> None:
    assert passes(Vault([OLD]), Vault([NEW])) == passes(Vault([NEW]), Vault([OLD])) == set()
