"""Tracked links: `PUBLIC_URL/r/<token>`, where the token is an encrypted reference and never an address.

A link stands for one chat, so its token must say nothing to anyone who reads it, and nobody else may make one. AES-SIV
ensures both. It needs no nonce, so a token is only a signature longer than its reference, and the same button of the
same delivery always has the same one. A random id would be half as long, but it would cost a column and an index in
every partition of the deliveries, and a query for every token that somebody invents.
"""

from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from engine.core.delivery import tracked_link
from engine.core.delivery.tracked_link import PACKED_BYTES, Reference
from engine.security import base64url

PATH: Final = "/r"
LIVES_DAYS: Final = 30
"""A link leads on for at least this long after it was sent: that is how long a key that made links has to stay."""
_LAYOUT: Final = [b"1"]
"""Encrypted with every token and part of none: tokens of another layout are not ours."""
_SIGNATURE_BYTES: Final = 16
LENGTH: Final = -(-(PACKED_BYTES + _SIGNATURE_BYTES) * 4 // 3)


class SignedLinks:
    """`public_url` is where people's browsers find the receivers; without one nothing is minted. The first key mints,
    every key reads.
    """

    def __init__(self, keys: Sequence[bytes], public_url: str | None) -> None:
        self._ciphers = [AESSIV(key) for key in keys]
        self._begin = f"{public_url}{PATH}/" if public_url else None

    @property
    def mints(self) -> bool:
        return self._begin is not None

    def mint(self, reference: Reference, address: str) -> str:
        """The link that is sent in place of the button's own address."""
        token = self.token(reference) if self._begin else None
        return f"{self._begin}{token}" if token else address

    def token(self, reference: Reference) -> str | None:
        """None for a reference that cannot be packed."""
        packed = tracked_link.pack(reference)
        return base64url.encode(self._ciphers[0].encrypt(packed, _LAYOUT)) if packed else None

    def read(self, token: str) -> Reference | None:
        """What the token refers to; None unless one of our keys has made exactly this."""
        raw = base64url.decode(token) if len(token) == LENGTH else b""
        packed = next(filter(None, (_decrypted(cipher, raw) for cipher in self._ciphers if raw)), None)
        return tracked_link.unpack(packed) if packed else None


def _decrypted(cipher: AESSIV, raw: bytes) -> bytes | None:
    try:
        return cipher.decrypt(raw, _LAYOUT)
    except InvalidTag:
        return None
