"""TGS: an animation as JSON, gzipped. It is unpacked no further than a player would follow."""

import zlib
from typing import Final

import msgspec

from engine.media.formats.file_reader import PIECE, BrokenFileError, FileReader

_GZIP: Final = 31
"""zlib's window size for a stream with a gzip header."""
_BLANKS: Final = b" \t\r\n"
_MOST_UNPACKED: Final = 8 * 1024 * 1024
"""Telegram's programs show no animation of more than a quarter of it."""


class _Animation(msgspec.Struct):
    """What marks the JSON as a sticker; the rest is passed over, but has to be JSON."""

    tgs: msgspec.Raw


_decode: Final = msgspec.json.Decoder(_Animation).decode


def is_tgs(head: bytes) -> bool:
    """Whether a gzip that starts like this seems to hold an object of JSON."""
    try:
        unpacked = zlib.decompressobj(_GZIP).decompress(head, _MOST_UNPACKED)
    except zlib.error:
        return False
    return unpacked.lstrip(_BLANKS).startswith(b"{")


def walk_tgs(file: FileReader) -> None:
    try:
        _decode(_unpacked(file))
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenFileError from error


def _unpacked(file: FileReader) -> bytearray:
    stream, unpacked = zlib.decompressobj(_GZIP), bytearray()
    while not stream.eof:
        packed = stream.unconsumed_tail or file.take(max(min(PIECE, file.left), 1))
        unpacked += stream.decompress(packed, PIECE)
        if len(unpacked) > _MOST_UNPACKED:
            raise BrokenFileError
    return unpacked
