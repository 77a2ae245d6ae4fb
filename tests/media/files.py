"""Small files of every type: a valid head, and arbitrary bytes after it."""

import gzip
import struct
from typing import Final

from bench.sandbox.world.files import Kind
from bench.sandbox.world.samples import sample

PNG: Final = sample(Kind.PHOTO)[1]
JPEG: Final = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0001108") + struct.pack(">HH", 240, 320) + b"\3"
WEBP: Final = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + struct.pack("<I", 319 | 239 << 14) + b"\0" * 8
GIF: Final = b"GIF89a" + struct.pack("<HH", 320, 240) + b"\0" * 32
BMP: Final = b"BM" + b"\0" * 60
MP4: Final = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 32
MOV: Final = b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + b"\0" * 32
M4A: Final = b"\0\0\0\x18ftypM4A \0\0\2\0M4A isom" + b"\0" * 32
MP3: Final = b"ID3\4" + b"\0" * 60
OPUS: Final = b"OggS\0\2" + b"\0" * 20 + b"\1\x13OpusHead\1\1" + b"\0" * 32
VORBIS: Final = b"OggS\0\2" + b"\0" * 20 + b"\1\x1e\1vorbis" + b"\0" * 32
WEBM: Final = (
    b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\xf7\x81\1\x42\xf2\x81\4\x42\xf3\x81\x08\x42\x82\x84webm" + b"\0" * 32
)
TGS: Final = gzip.compress(b'{"tgs":1,"v":"5.5.2","fr":60}', mtime=0)
ARCHIVE: Final = gzip.compress(b"anything else", mtime=0)
TEXT: Final = b"A sentence.\n"
PDF: Final = b"%PDF-1.4\n"


def picture(width: int, height: int) -> bytes:
    """A PNG whose header gives these sides."""
    return PNG[:16] + struct.pack(">II", width, height) + PNG[24:]
