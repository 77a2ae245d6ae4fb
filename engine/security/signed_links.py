"""Tracked links: `PUBLIC_URL/r/<token>`, where the token is a signed reference and never an address.

A link counts a tap and is a sign of life, so it must stand for one chat alone: the signature covers all of it.
"""

from collections.abc import Sequence
from typing import Final

from engine.core.delivery import tracked_link
from engine.core.delivery.tracked_link import Reference
from engine.security.signed_tokens import Codec

PATH: Final = "/r"
LONGEST: Final = 400
_SIGNATURE_BYTES: Final = 16


class SignedLinks:
    """`public_url` is where people's browsers find the receivers; without one nothing is minted."""

    def __init__(self, keys: Sequence[bytes], public_url: str | None) -> None:
        self._codec = Codec(keys, _SIGNATURE_BYTES)
        self._begin = f"{public_url}{PATH}/" if public_url else None

    def mint(self, reference: Reference, address: str) -> str:
        """The link that is sent in place of the button's own address."""
        return address if self._begin is None else self._begin + self.token(reference)

    def token(self, reference: Reference) -> str:
        return self._codec.sign(tracked_link.pack(reference))

    def read(self, token: str) -> Reference | None:
        """What the token refers to; None unless one of our keys has signed exactly this."""
        packed = self._codec.verify(token) if len(token) <= LONGEST else None
        return None if packed is None else tracked_link.unpack(packed)
