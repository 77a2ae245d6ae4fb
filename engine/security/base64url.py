"""Bytes as text for addresses: unpadded base64url, in which the same bytes have exactly one valid form."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

_ALPHABET: Final = re.compile(r"[\w-]+", re.ASCII)
_IMPOSSIBLE_REST: Final = 1
"""No number of bytes is written with this many characters beyond a multiple of four."""


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Empty for anything but our canonical encoding."""
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == _IMPOSSIBLE_REST:
        return b""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return raw if encode(raw) == text else b""
