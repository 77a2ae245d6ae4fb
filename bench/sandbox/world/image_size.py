"""The form and the size of a picture, read from the head of its file: JPEG, PNG, GIF, WebP and BMP.

`imagesize` reads the sizes. It also knows forms that Telegram does not take as pictures, so the forms are named here.
In a lossy WebP it takes the two bits of each side that only scale the display for a part of the size: they are cut off.
"""

from io import BytesIO
from typing import NamedTuple

import imagesize

from bench.sandbox.world.files import Bytes

_HEAD = 16
_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_GIFS = (b"GIF87a", b"GIF89a")
_BMP = b"BM"
_LOSSY = b"VP8 "
_SIZE_BITS = 0x3FFF
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
    """Read form and size; None if it is not a picture."""
    head = bytes(data[:_HEAD])
    form = _form(head)
    if form is None:
        return None
    width, height = imagesize.get(BytesIO(data), exif_rotation=False)
    if width < 0 or height < 0:
        return None
    if head.endswith(_LOSSY):
        width, height = width & _SIZE_BITS, height & _SIZE_BITS
    return Image(form, width, height)


def _form(head: bytes) -> str | None:
    if head.startswith(_JPEG):
        return "image/jpeg"
    if head.startswith(_PNG):
        return "image/png"
    if head.startswith(_GIFS):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/bmp" if head.startswith(_BMP) else None
