"""PNG: chunks with a length and a checksum, from IHDR to IEND."""

from typing import Final

from engine.media.formats.file_reader import BrokenFileError, FileReader, Sides

_START: Final = b"\x89PNG\r\n\x1a\n"
_FIRST: Final = b"\0\0\0\x0dIHDR"
_LONGEST: Final = 2**31 - 1
_OPTIONAL: Final = 0x20
"""The bit of a chunk's name that lets a reader pass over it, its checksum included."""


def read_png(file: FileReader) -> Sides:
    file.expect(_START + _FIRST)
    head = file.take(13)
    _check(file, b"IHDR" + head, 0)
    seen = b""
    has_picture = False
    while seen != b"IEND":
        seen = _pass_chunk(file)
        has_picture = has_picture or seen == b"IDAT"
    if not has_picture:
        raise BrokenFileError
    return Sides(int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big"))


def _pass_chunk(file: FileReader) -> bytes:
    length = file.number(4)
    name = file.take(4)
    if length > _LONGEST or not name.isalpha():
        raise BrokenFileError
    if name[0] & _OPTIONAL:
        file.skip(length + 4)
    else:
        _check(file, name, length)
    return name


def _check(file: FileReader, start: bytes, length: int) -> None:
    if file.crc32(length, start) != file.number(4):
        raise BrokenFileError
