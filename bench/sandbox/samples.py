"""Files for whoever sends one without having one: a picture that is really one, and bytes that only bear the name."""

import struct
import zlib
from functools import cache

from bench.sandbox.files import Kind

_WIDTH, _HEIGHT = 320, 240
_NAMES = {
    Kind.VIDEO: "film.mp4",
    Kind.ANIMATION: "film.mp4",
    Kind.AUDIO: "song.mp3",
    Kind.VOICE: "voice.ogg",
    Kind.VIDEO_NOTE: "note.mp4",
    Kind.DOCUMENT: "paper.txt",
}


@cache
def sample(kind: Kind) -> tuple[str, bytes]:
    """Give name and bytes."""
    name = _NAMES.get(kind)
    return (name, f"A sample of a {kind}.\n".encode()) if name else ("picture.png", _picture())


def _picture() -> bytes:
    """Draw a PNG that shades from one corner to the other."""
    rows = b"".join(b"\0" + b"".join(_pixel(x, y) for x in range(_WIDTH)) for y in range(_HEIGHT))
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _pixel(x: int, y: int) -> bytes:
    return bytes((40 + 180 * x // _WIDTH, 90 + 120 * y // _HEIGHT, 200 - 90 * x // _WIDTH))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
