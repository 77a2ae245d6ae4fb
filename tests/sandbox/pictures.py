"""Small files of every kind for tests: real pictures, and bytes that only pass for film and sound."""

import struct
import zlib


def png(width: int = 640, height: int = 480, filler: int = 0) -> bytes:
    """A real picture of one colour; `filler` bytes behind it make it bigger."""
    rows = b"".join(b"\0" + b"\x7f" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks + b"\0" * filler


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


GIF = b"GIF89a" + struct.pack("<HH", 120, 90) + b"\0" * 20
WEBP = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (511).to_bytes(3, "little") * 2
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 300, 400) + b"\0" * 12
BMP = b"BM" + b"\0" * 16 + struct.pack("<ii", 10, -20) + b"\0" * 8
FILM = b"\0\0\0\x18ftypmp42" + b"film" * 100
SOUND = b"OggS" + b"sound" * 100
