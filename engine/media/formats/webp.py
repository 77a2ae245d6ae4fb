"""WebP: chunks inside a RIFF, whose length tells where the picture ends."""

from typing import Final

from engine.media.formats.file_reader import BrokenFileError, FileReader, Sides

_HEAD: Final = 8
_SIDE: Final = 0x3FFF
"""The bits of a side in a picture's own head; the two above them scale its display."""


def read_webp(file: FileReader) -> Sides:
    file.expect(b"RIFF")
    end = file.number(4, "little") + file.at
    if end > file.at + file.left:
        raise BrokenFileError
    file.expect(b"WEBP")
    sides, has_picture = None, False
    while end - file.at >= _HEAD:
        name, length = file.take(4), file.number(4, "little")
        behind = file.at + length
        if behind > end:
            raise BrokenFileError
        has_picture = has_picture or name in (b"VP8 ", b"VP8L", b"ANMF")
        sides = sides or _sides(file, name)
        file.go_to(behind)
        file.go_to(min(behind + length % 2, end))
    if sides is None or not has_picture:
        raise BrokenFileError
    return sides


def _sides(file: FileReader, chunk: bytes) -> Sides | None:
    """The first chunk that knows the size: that of the canvas stands before any picture."""
    match chunk:
        case b"VP8X":
            file.skip(4)
            return Sides(file.number(3, "little") + 1, file.number(3, "little") + 1)
        case b"VP8 ":
            file.skip(6)
            return Sides(file.number(2, "little") & _SIDE, file.number(2, "little") & _SIDE)
        case b"VP8L":
            file.skip(1)
            packed = file.number(4, "little")
            return Sides((packed & _SIDE) + 1, (packed >> 14 & _SIDE) + 1)
    return None
