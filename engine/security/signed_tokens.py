"""Short signed tokens: a payload and its keyed signature, in unpadded base64url. Links and the manager's buttons are.

Each token has exactly one valid form: one byte more or less, or the same bytes in another spelling, make it invalid.
The first key signs, every key verifies. Comparisons take constant time, whichever key fits.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

_ALPHABET: Final = re.compile(r"[\w-]+", re.ASCII)
_IMPOSSIBLE_REST: Final = 1
"""No number of bytes is written with this many characters beyond a multiple of four."""


class Codec(NamedTuple):
    """`context` is signed with every payload, and stands in no token: elsewhere the token is worth nothing."""

    keys: Sequence[bytes]
    signature_bytes: int
    context: bytes = b""

    def sign(self, payload: bytes) -> str:
        return _encode(payload + self._signature(self.keys[0], payload))

    def verify(self, token: str) -> bytes | None:
        """The payload; None unless one of the keys has signed exactly this."""
        raw = _decode(token)
        payload, signature = raw[: -self.signature_bytes], raw[-self.signature_bytes :]
        fits = [hmac.compare_digest(self._signature(key, payload), signature) for key in self.keys]
        return payload if any(fits) else None

    def _signature(self, key: bytes, payload: bytes) -> bytes:
        return hmac.digest(key, self.context + payload, sha256)[: self.signature_bytes]


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(token: str) -> bytes:
    """Empty for anything but our canonical encoding."""
    if not _ALPHABET.fullmatch(token) or len(token) % 4 == _IMPOSSIBLE_REST:
        return b""
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return raw if _encode(raw) == token else b""
