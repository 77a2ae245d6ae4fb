"""Small valid files of every kind, for people who send a file without having one.

Pictures can be seen; films and sounds are whole containers with silence or nothing in them. Each `number` makes
another file of the same kind.
"""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from bench.sandbox.world.files import Kind

_WIDTH, _HEIGHT = 320, 240
_STICKER_SIDE = 512
_SECOND_MS = 1_000
_MATRIX = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_SHOWN = 3
_UNSPOKEN = 0x55C4
"""The language of a track that has none, as MP4 packs its letters."""
_MP3_FRAME = b"\xff\xfb\x90\x64".ljust(417, b"\0")
_MP3_FRAMES = 38
_OGG_POLYNOMIAL = 0x04C11DB7
_OGG_FIRST, _OGG_LAST = 2, 4
_OPUS_RATE = 48_000
_OPUS_SILENCE = b"\xf8\xff\xfe"


class Sample(NamedTuple):
    name: str
    data: bytes


@cache
def sample(kind: Kind, number: int = 0) -> Sample:
    name, draw = _FILES[kind]
    return Sample(name, draw(number))


def _picture(number: int) -> bytes:
    """Draw a PNG with a gradient."""
    rows = b"".join(b"\0" + b"".join(_pixel(x, y, number) for x in range(_WIDTH)) for y in range(_HEIGHT))
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _pixel(x: int, y: int, number: int) -> bytes:
    return bytes((40 + 180 * x // _WIDTH, 90 + 120 * y // _HEIGHT, (200 - 90 * x // _WIDTH + 40 * number) % 256))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _film(number: int) -> bytes:
    return _mp4(number, _track(1, b"vide", _WIDTH, _HEIGHT), _track(2, b"soun"))


def _silent_film(number: int) -> bytes:
    return _mp4(number, _track(1, b"vide", _WIDTH, _HEIGHT))


def _note(number: int) -> bytes:
    return _mp4(number, _track(1, b"vide", _HEIGHT, _HEIGHT), _track(2, b"soun"))


def _mp4(number: int, *tracks: bytes) -> bytes:
    """An MP4 of one second, whose tracks have nothing in them."""
    head = struct.pack(">5IIH10x", 0, 0, 0, _SECOND_MS, _SECOND_MS, 1 << 16, 1 << 8) + _MATRIX + bytes(24)
    film = _box(b"moov", _box(b"mvhd", head + struct.pack(">I", len(tracks) + 1)) + b"".join(tracks))
    return _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + film + _box(b"mdat", struct.pack(">I", number))


def _track(number: int, handler: bytes, width: int = 0, height: int = 0) -> bytes:
    sides = struct.pack(">II", width << 16, height << 16)
    head = struct.pack(">6I16x", _SHOWN, 0, 0, number, 0, _SECOND_MS) + _MATRIX + sides
    media = _box(b"mdhd", struct.pack(">5IHH", 0, 0, 0, _SECOND_MS, _SECOND_MS, _UNSPOKEN, 0))
    media += _box(b"hdlr", struct.pack(">II4s13x", 0, 0, handler))
    return _box(b"trak", _box(b"tkhd", head) + _box(b"mdia", media))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _song(number: int) -> bytes:
    """An MP3 of one second of silence, with a title."""
    title = b"\0Sample %d" % number
    frame = b"TIT2" + struct.pack(">IH", len(title), 0) + title
    return b"ID3\3\0\0" + struct.pack(">I", len(frame)) + frame + _MP3_FRAME * _MP3_FRAMES


def _voice(number: int) -> bytes:
    """An OGG with a moment of silence in Opus."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, _OPUS_RATE, 0, 0)
    maker = b"sample %d" % number
    tags = b"OpusTags" + struct.pack("<I", len(maker)) + maker + struct.pack("<I", 0)
    heard = _OPUS_RATE // 50
    return _page(_OGG_FIRST, 0, 0, head) + _page(0, 0, 1, tags) + _page(_OGG_LAST, heard, 2, _OPUS_SILENCE)


def _page(mark: int, heard: int, number: int, packet: bytes) -> bytes:
    """A page with one packet of less than 255 bytes; its checksum is taken with zeros in place of itself."""
    page = struct.pack("<4sBBqIII", b"OggS", 0, mark, heard, 1, number, 0) + bytes((1, len(packet))) + packet
    return page[:22] + struct.pack("<I", _ogg_sum(page)) + page[26:]


def _ogg_sum(page: bytes) -> int:
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ (_OGG_POLYNOMIAL if total >> 31 else 0)) & 0xFFFFFFFF
    return total


def _sticker(number: int) -> bytes:
    """A WebP of one colour: each of its codes has a single symbol, so its pixels take no bits."""
    sides = 0x2F | (_STICKER_SIDE - 1) << 8 | (_STICKER_SIDE - 1) << 22
    bits, at = sides, 8 + 14 + 14 + 1 + 3 + 1 + 1 + 1
    for value in (90, 180, (60 * number + 40) % 256, 255):
        bits, at = bits | (0b101 | value << 3) << at, at + 11
    bits, at = bits | 0b001 << at, at + 4
    content = bits.to_bytes(-(-at // 8), "little")
    chunk = b"VP8L" + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _paper(number: int) -> bytes:
    return b"A sample of a document, the %dth.\n" % number


_FILES: dict[Kind, tuple[str, Callable[[int], bytes]]] = {
    Kind.PHOTO: ("picture.png", _picture),
    Kind.VIDEO: ("film.mp4", _film),
    Kind.ANIMATION: ("film.mp4", _silent_film),
    Kind.AUDIO: ("song.mp3", _song),
    Kind.VOICE: ("voice.ogg", _voice),
    Kind.VIDEO_NOTE: ("note.mp4", _note),
    Kind.DOCUMENT: ("paper.txt", _paper),
    Kind.STICKER: ("sticker.webp", _sticker),
    Kind.THUMBNAIL: ("picture.png", _picture),
}
