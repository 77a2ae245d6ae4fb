"""The signed data of a button: what it does, on what, for whom, and until when. Pure: key and time are arguments.

`recovery:` and 41 bytes in base64url make the 64 bytes that Telegram allows. The token names the route, the bot, the
place in its campaign and the revision that the admin saw. The signature also covers the manager, the admin and the
chat, which are not in the token: for anyone else, or in another chat, it is worthless.
"""

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from engine.security.signed_tokens import Codec
from engine.security.vault import BUTTON_LIFETIME_S

PREFIX: Final = "recovery:"
LIFETIME_S: Final = BUTTON_LIFETIME_S
_LAYOUT: Final = struct.Struct(">BHIQIIII")
_HOLDER: Final = struct.Struct(">qqq")
_FORM: Final = 1
_SIGNATURE_BYTES: Final = 10
_TOKEN_CHARS: Final = 55


class Press(NamedTuple):
    """`route` is the code of a screen or of one of its actions. `step` and `block` are codes of their keys, 0 for none.

    `choice` is a page, or one of several items. `revision` is the one that was shown.
    """

    route: int
    bot: int = 0
    step: int = 0
    block: int = 0
    choice: int = 0
    revision: int = 0


class Holder(NamedTuple):
    """Who may press the button, and where: Telegram's ids."""

    manager: int
    admin: int
    chat: int


class Token(NamedTuple):
    """A press with a valid signature."""

    press: Press
    expires_s: int

    def is_old(self, now_ms: int) -> bool:
        return now_ms >= self.expires_s * 1000


def code(name: str) -> int:
    """Sixteen bits that stand for the name of a route."""
    return int.from_bytes(sha256(name.encode()).digest()[:2])


def code_of_key(key: str) -> int:
    """Thirty-two bits that stand for the key of a step or block; never 0, which means none."""
    return int.from_bytes(sha256(key.encode()).digest()[:4]) or 1


def mint(key: bytes, press: Press, holder: Holder, now_ms: int) -> str:
    """Sign what a button does. Returns its callback data, 64 bytes long."""
    expires_s = now_ms // 1000 + LIFETIME_S
    route, *places = press
    return PREFIX + _codec([key], holder).sign(_LAYOUT.pack(_FORM, route, expires_s, *places))


def read(keys: Sequence[bytes], data: str, holder: Holder) -> Token | None:
    """The token in callback data; None unless one of our keys signed it for this holder."""
    text = data.removeprefix(PREFIX)
    payload = _codec(keys, holder).verify(text) if text != data and len(text) == _TOKEN_CHARS else None
    if payload is None:
        return None
    form, route, expires_s, *places = _LAYOUT.unpack(payload)
    return Token(Press(route, *places), expires_s) if form == _FORM else None


def _codec(keys: Sequence[bytes], holder: Holder) -> Codec:
    return Codec(keys, _SIGNATURE_BYTES, context=_HOLDER.pack(*holder))
