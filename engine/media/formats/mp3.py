"""MP3: tags with a length, and frames whose length follows from their head.

Where no frame follows another, the sound is over: what comes then may be anything. Sound that is not of Layer III, and
a free bitrate, tell no length: they are taken as they are. Most encoders write the number of frames into the first one:
by it, a song that ends between two frames is known to be cut.
"""

import re
from typing import Final

from engine.media.formats.file_reader import BrokenFileError, FileReader

_TAG: Final = b"ID3"
_TAG_HEAD: Final = 10
_HAS_FOOTER: Final = 0x10
_LAST_TAG: Final = b"TAG"
_LAST_TAG_SIZE: Final = 128
_SYNC: Final = re.compile(rb"\xff[\xe0-\xff]")
_HEAD: Final = 4
_SYNC_BITS: Final = 0x7FF
_LAYER_3: Final = 1
_VERSION_1: Final = 3
_RESERVED: Final = 1
_FIRST: Final = 64
"""More bytes than stand before the number of frames, with it."""
_COUNT: Final = re.compile(
    rb"(?:Xing|Info)\0\0\0[\1\3\5\7\x09\x0b\x0d\x0f](?P<xing>.{4})|VBRI.{10}(?P<vbri>.{4})", re.DOTALL
)
_BITRATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""In kbit/s, of version 1; the others share a table."""
_LOW_BITRATES: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES: Final = (44_100, 48_000, 32_000)
_SLOWER: Final = {_VERSION_1: 1, 2: 2, 0: 4}
"""By what the rates of a version are divided."""


def walk_mp3(file: FileReader) -> None:
    _pass_tags(file)
    file.find(_SYNC, 2)
    file.go_back(2)
    named, frames, head = _named_frames(file), 0, file.take(_HEAD)
    while length := _frame_length(int.from_bytes(head, "big")):
        file.skip(length - _HEAD)
        head = file.take(min(_HEAD, file.left))
        frames += 1
    if len(head) < _HEAD and frames < named:
        raise BrokenFileError
    if head.startswith(_LAST_TAG):
        file.skip(_LAST_TAG_SIZE - _HEAD)


def is_mp3(head: bytes) -> bool:
    """Whether a file that starts like this begins with a frame."""
    return _frame_length(int.from_bytes(head[:_HEAD], "big")) is not None


def _named_frames(file: FileReader) -> int:
    """How many frames there are at least, by what the first one says; it may count itself or not."""
    start = file.take(min(_FIRST, file.left))
    file.go_back(len(start))
    found = _COUNT.search(start)
    return int.from_bytes(found["xing"] or found["vbri"], "big") if found else 0


def _pass_tags(file: FileReader) -> None:
    start = file.take(len(_TAG))
    while start == _TAG:
        _pass_tag(file)
        start = file.take(len(_TAG))
    file.go_back(len(_TAG))


def _pass_tag(file: FileReader) -> None:
    file.skip(2)
    flags, length = file.byte(), 0
    for byte in file.take(4):
        length = length << 7 | byte & 0x7F
    file.skip(length + (_TAG_HEAD if flags & _HAS_FOOTER else 0))


def _frame_length(head: int) -> int | None:
    """In bytes, of a frame with this head; None if it is not a head, or does not give the length."""
    sync, version, layer = head >> 21, head >> 19 & 3, head >> 17 & 3
    bitrate, rate, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if sync != _SYNC_BITS or version == _RESERVED or layer != _LAYER_3 or bitrate in (0, 15) or rate == len(_RATES):
        return None
    is_first = version == _VERSION_1
    bits = (_BITRATES if is_first else _LOW_BITRATES)[bitrate] * 1000
    return (144 if is_first else 72) * bits // (_RATES[rate] // _SLOWER[version]) + padding
