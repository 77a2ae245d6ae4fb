"""Keeps bot tokens unreadable at rest: encrypted by keys that are derived from the ENCRYPTION_KEY, never by it itself.

The first key encrypts, every key decrypts: to rotate, put a new one in front.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.core.errors import SettingsError
from engine.settings import Secret

_PURPOSE: Final = b"bot tokens"
_KEY_BYTES: Final = 32


class Vault:
    def __init__(self, keys: Sequence[Secret]) -> None:
        self._fernet = MultiFernet([_fernet(key) for key in keys])

    def encrypt(self, token: str) -> bytes:
        return self._fernet.encrypt(token.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """Raises SettingsError when none of the keys fits."""
        try:
            return self._fernet.decrypt(ciphertext).decode()
        except InvalidToken as error:
            raise SettingsError(
                "A bot's token cannot be read with this ENCRYPTION_KEY: add the old key behind the new one, after a"
                " comma."
            ) from error


def _fernet(key: Secret) -> Fernet:
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE).derive(urlsafe_b64decode(key.reveal()))
    return Fernet(urlsafe_b64encode(derived))
