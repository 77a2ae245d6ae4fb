"""Tracked links: `PUBLIC_URL/r/<token>`, where the token is a signed reference and never an address.

A link counts a tap and is a sign of life, so that it must speak for one chat alone: the signature covers all of it, and
one byte more or less, or written otherwise, is no token. The first key signs, every key verifies.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from engine.core.delivery import tracked_link
from engine.core.delivery.tracked_link import Reference

PATH: Final = "/r"
LONGEST: Final = 400
_SIGNATURE: Final = 16
_TOKEN: Final = re.compile(r"[\w-]+", re.ASCII)


class Links:
    """`public_url` is where people's browsers find the receivers; without one nothing is minted."""

    def __init__(self, keys: Sequence[bytes], public_url: str | None) -> None:
        self._keys = keys
        self._begin = f"{public_url}{PATH}/" if public_url else None

    def mint(self, reference: Reference, address: str) -> str:
        """The link that is sent in place of the button's own address."""
        return address if self._begin is None else self._begin + self.token(reference)

    def token(self, reference: Reference) -> str:
        packed = tracked_link.pack(reference)
        return _written(packed + _signed(self._keys[0], packed))

    def read(self, token: str) -> Reference | None:
        """What it refers to; None unless one of our keys has signed exactly this."""
        if len(token) > LONGEST or not _TOKEN.fullmatch(token):
            return None
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4)) if len(token) % 4 != 1 else b""
        packed, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        known = [hmac.compare_digest(_signed(key, packed), signature) for key in self._keys]
        return tracked_link.unpack(packed) if any(known) and _written(raw) == token else None


def _signed(key: bytes, packed: bytes) -> bytes:
    return hmac.digest(key, packed, sha256)[:_SIGNATURE]


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
