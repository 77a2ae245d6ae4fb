"""Small whole files of every type, as Telegram and players take them."""

import gzip
import struct
import zlib
from typing import Final

from bench.sandbox.world.files import Kind
from bench.sandbox.world.samples import sample

PNG: Final = sample(Kind.PHOTO)[1]
JPEG: Final = (
    bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
    + bytes.fromhex("ffc0000b08")
    + struct.pack(">HH", 240, 320)
    + bytes.fromhex("01011100")
    + bytes.fromhex("ffda0008010100003f00")
    + b"\x12\xff\0\x34\xff\xd0\x56" * 9
    + b"\xff\xd9"
)
WEBP: Final = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + struct.pack("<I", 319 | 239 << 14) + b"\0" * 9
GIF: Final = (
    b"GIF89a"
    + struct.pack("<HHBBB", 320, 240, 0x80, 0, 0)
    + b"\0\0\0\xff\xff\xff"
    + b"!\xf9\4\0\x0a\0\0\0\0"
    + b","
    + struct.pack("<HHHHB", 0, 0, 320, 240, 0)
    + b"\2\2\x4c\1\0;"
)
BMP: Final = b"BM" + b"\0" * 60
MP4: Final = sample(Kind.VIDEO)[1]
MOV: Final = b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + b"\0" * 32
M4A: Final = b"\0\0\0\x18ftypM4A \0\0\2\0M4A isom" + MP4[MP4.index(b"moov") - 4 :]
MP3: Final = sample(Kind.AUDIO)[1]
OPUS: Final = sample(Kind.VOICE)[1]
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
    head = b"IHDR" + struct.pack(">II", width, height) + PNG[24:29]
    return PNG[:12] + head + struct.pack(">I", zlib.crc32(head)) + PNG[33:]
