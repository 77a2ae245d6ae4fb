"""The keys derived from ENCRYPTION_KEY, one for each purpose; the key itself encrypts and signs nothing.

Bot tokens are encrypted at rest. The first key encrypts, every key decrypts: to rotate, put a new one in front.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.core.errors import SettingsError
from engine.settings import Secret

_TOKENS: Final = b"bot tokens"
_WEBHOOKS: Final = b"webhook secrets"
_LINKS: Final = b"tracked links"
_BUTTONS: Final = b"manager buttons"
_KEY_BYTES: Final = 32


class Vault:
    def __init__(self, keys: Sequence[Secret]) -> None:
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(_derived(key, _TOKENS))) for key in keys])
        self.webhook_keys = [_derived(key, _WEBHOOKS) for key in keys]
        self.link_keys = [_derived(key, _LINKS) for key in keys]
        self.button_keys = [_derived(key, _BUTTONS) for key in keys]

    def encrypt(self, token: str) -> bytes:
        return self._fernet.encrypt(token.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """Raises SettingsError if none of the keys fits."""
        try:
            return self._fernet.decrypt(ciphertext).decode()
        except InvalidToken as error:
            raise SettingsError(
                "A bot's token cannot be read with this ENCRYPTION_KEY: add the old key behind the new one, after a"
                " comma."
            ) from error


def _derived(key: Secret, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(urlsafe_b64decode(key.reveal()))
