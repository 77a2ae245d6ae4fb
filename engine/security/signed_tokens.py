"""Short signed tokens: a payload and its keyed signature, in unpadded base64url. The manager's buttons are.

Each token has exactly one valid form: one byte more or less, or the same bytes in another spelling, make it invalid.
The first key signs, every key verifies. Comparisons take constant time, whichever key fits.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from engine.security import base64url


class Codec(NamedTuple):
    """`context` is signed with every payload, and stands in no token: elsewhere the token is worth nothing."""

    keys: Sequence[bytes]
    signature_bytes: int
    context: bytes = b""

    def sign(self, payload: bytes) -> str:
        return base64url.encode(payload + self._signature(self.keys[0], payload))

    def verify(self, token: str) -> bytes | None:
        """The payload; None unless one of the keys has signed exactly this."""
        raw = base64url.decode(token)
        payload, signature = raw[: -self.signature_bytes], raw[-self.signature_bytes :]
        fits = [hmac.compare_digest(self._signature(key, payload), signature) for key in self.keys]
        return payload if any(fits) else None

    def _signature(self, key: bytes, payload: bytes) -> bytes:
        return hmac.digest(key, self.context + payload, sha256)[: self.signature_bytes]
