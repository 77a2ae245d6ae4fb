"""How wide and high a picture is, read from the head of its file: JPEG, PNG, GIF, WebP and BMP."""

import struct
from typing import NamedTuple

from bench.sandbox.world.files import Bytes

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_WEBP = "image/webp"
_LOW = 0x3FFF
_MARK = 0xFF
# The markers of a JPEG frame, whose head holds the size; 0xC4, 0xC8 and 0xCC between them are others.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LONGEST_SIDES = 10_000
_MOST_STRETCHED = 20


class Image(NamedTuple):
    """`form` is its MIME type."""

    form: str
    width: int
    height: int

    @property
    def sendable(self) -> bool:
        """Whether Telegram takes a photo of this size."""
        narrow, wide = sorted((self.width, self.height))
        return narrow > 0 and narrow + wide <= _LONGEST_SIDES and wide <= narrow * _MOST_STRETCHED


def read_image(data: Bytes) -> Image | None:
    """Read form and size; None for what is no picture."""
    try:
        return _read(data)
    except (struct.error, IndexError):
        return None


def _read(data: Bytes) -> Image | None:
    head = bytes(data[:16])
    if head.startswith(_PNG):
        return Image("image/png", *struct.unpack(">II", data[16:24]))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Image("image/gif", *struct.unpack("<HH", data[6:10]))
    if head.startswith(b"BM"):
        width, height = struct.unpack("<ii", data[18:26])
        return Image("image/bmp", width, abs(height))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _read_webp(data, head[12:16])
    return _read_jpeg(data) if head.startswith(_JPEG) else None


def _read_webp(data: Bytes, form: bytes) -> Image | None:
    match form:
        case b"VP8X":
            wide, high = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
            return Image(_WEBP, wide, high)
        case b"VP8L":
            packed = int.from_bytes(data[21:25], "little")
            return Image(_WEBP, (packed & _LOW) + 1, (packed >> 14 & _LOW) + 1)
        case b"VP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return Image(_WEBP, width & _LOW, height & _LOW)
    return None


def _read_jpeg(data: Bytes) -> Image | None:
    """Walk from segment to segment up to the frame's head."""
    at = len(_JPEG)
    while data[at] == _MARK:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return Image("image/jpeg", width, height)
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None
