"""The keys derived from ENCRYPTION_KEY, one for each purpose; the key itself encrypts and signs nothing.

The first key encrypts and signs, every key decrypts and verifies: to rotate, put a new one in front. What the old one
has made needs it for a while: tokens until they are encrypted again, webhook secrets until each webhook is set again,
buttons and links until they are too old. Nothing else depends on a key.
"""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final, NamedTuple

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.core.errors import SettingsError
from engine.settings import Secret

BUTTON_LIFETIME_S: Final = 15 * 60
"""How long a button of the manager acts; an older one only draws its screen again."""
_TOKENS: Final = b"bot tokens"
_WEBHOOKS: Final = b"webhook secrets"
_LINKS: Final = b"encrypted tracked links"
_BUTTONS: Final = b"manager buttons"
_FINGERPRINTS: Final = b"fingerprints"
_KEY_BYTES: Final = 32
_FINGERPRINT_BYTES: Final = 4


class _Opened(NamedTuple):
    """A token, and the place of the key that opened it."""

    place: int
    token: str


class Vault:
    """`fingerprints` name the keys, in their order, and tell nothing about them."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._fernets = [Fernet(urlsafe_b64encode(_derived(key, _TOKENS))) for key in keys]
        self.fingerprints = [_derived(key, _FINGERPRINTS)[:_FINGERPRINT_BYTES].hex() for key in keys]
        self.webhook_keys = [_derived(key, _WEBHOOKS) for key in keys]
        self.link_keys = [_derived(key, _LINKS) for key in keys]
        self.button_keys = [_derived(key, _BUTTONS) for key in keys]

    def encrypt(self, token: str) -> bytes:
        return self._fernets[0].encrypt(token.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """Raises SettingsError if none of the keys fits."""
        opened = self._open(ciphertext)
        if opened is None:
            raise SettingsError(
                "A bot's token cannot be read with this ENCRYPTION_KEY: add the key that encrypted it to the list,"
                " after a comma."
            )
        return opened.token

    def place_of(self, ciphertext: bytes) -> int | None:
        """The place of the key that encrypted it, 0 for the current one; None if it is none of ours."""
        opened = self._open(ciphertext)
        return None if opened is None else opened.place

    def _open(self, ciphertext: bytes) -> _Opened | None:
        for place, fernet in enumerate(self._fernets):
            try:
                return _Opened(place, fernet.decrypt(ciphertext).decode())
            except InvalidToken:
                continue
        return None


def _derived(key: Secret, purpose: bytes) -> bytes:
    raw = b64decode(key.reveal(), altchars=b"-_", validate=True)
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(raw)
