"""The signed data of a button: what it does, on what, for whom, and until when. Pure: key and moment come in.

`recovery:` and 41 bytes in base64url are the 64 bytes that Telegram allows for it. The token names the deed, the bot,
the place in its campaign and the revision that its presser saw. Signed with it, and written nowhere in it, are the
manager, the admin and the chat: in other hands or elsewhere it is worth nothing.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

PREFIX: Final = "recovery:"
LIFETIME_S: Final = 15 * 60
_LAYOUT: Final = struct.Struct(">BHIQIIII")
_HOLDER: Final = struct.Struct(">qqq")
_FORM: Final = 1
_SIGNATURE_BYTES: Final = 10
_TOKEN_CHARS: Final = 55


class Press(NamedTuple):
    """`deed` is the code of a screen or of one of its actions; `step` and `block` are codes of their keys, 0 is none;
    `choice` is a page, or which of several. `revision` is that of what was shown.
    """

    deed: int
    bot: int = 0
    step: int = 0
    block: int = 0
    choice: int = 0
    revision: int = 0


class Holder(NamedTuple):
    """Who may press the button, and where: ids as Telegram gives them."""

    manager: int
    admin: int
    chat: int


class Token(NamedTuple):
    """A press whose signature is right."""

    press: Press
    expires_s: int

    def is_old(self, now_ms: int) -> bool:
        return now_ms >= self.expires_s * 1000


def code(name: str) -> int:
    """Sixteen bits that stand for the name of a deed."""
    return int.from_bytes(sha256(name.encode()).digest()[:2])


def code_of_key(key: str) -> int:
    """Thirty-two bits that stand for the key of a step or block; never 0, which is none."""
    return int.from_bytes(sha256(key.encode()).digest()[:4]) or 1


def mint(key: bytes, press: Press, holder: Holder, now_ms: int) -> str:
    """Sign what a button does. Gives its callback data, 64 bytes long."""
    expires_s = now_ms // 1000 + LIFETIME_S
    deed, *places = press
    said = _LAYOUT.pack(_FORM, deed, expires_s, *places)
    return PREFIX + urlsafe_b64encode(said + _signature(key, said, holder)).decode().rstrip("=")


def read(keys: Sequence[bytes], data: str, holder: Holder) -> Token | None:
    """The token of callback data; None for what none of our keys has signed for this holder."""
    raw = _decoded(data)
    said, signature = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if not any(hmac.compare_digest(signature, _signature(key, said, holder)) for key in keys):
        return None
    form, deed, expires_s, *places = _LAYOUT.unpack(said)
    return Token(Press(deed, *places), expires_s) if form == _FORM else None


def _decoded(data: str) -> bytes:
    """Nothing of what no mint of ours writes: one token has one spelling."""
    text = data.removeprefix(PREFIX)
    if text == data or len(text) != _TOKEN_CHARS or not text.isascii():
        return b""
    try:
        raw = urlsafe_b64decode(text + "=")
    except ValueError:
        return b""
    return raw if urlsafe_b64encode(raw).decode().rstrip("=") == text else b""


def _signature(key: bytes, said: bytes, holder: Holder) -> bytes:
    return hmac.new(key, _HOLDER.pack(*holder) + said, sha256).digest()[:_SIGNATURE_BYTES]
