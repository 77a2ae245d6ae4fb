"""What an MP4 shows and whether it can be heard, read from its tracks.

Only boxes that hold tracks are opened, each inside its own parent, so no file decides how deep this goes.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from bench.sandbox.world.files import Bytes

_HEAD = Struct(">I4s")
_LONG = Struct(">Q")
_SIDES = Struct(">II")
_FRACTION_BITS = 16
_PARENTS = {b"moov": b"", b"trak": b"moov", b"mdia": b"trak", b"tkhd": b"trak", b"hdlr": b"mdia"}
_HANDLER = 8
_SOUND = b"soun"
_MOST_BOXES = 10_000


class Film(NamedTuple):
    """The sides are those of the largest track; 0 if none can be seen."""

    has_sound: bool
    width: int
    height: int


class _Box(NamedTuple):
    name: bytes
    start: int
    end: int


def read_film(data: Bytes) -> Film | None:
    """None if there is no index of tracks (`moov`)."""
    boxes = [box for _, box in zip(range(_MOST_BOXES), _walk(data, _Box(b"", 0, len(data))), strict=False)]
    if not any(box.name == b"moov" for box in boxes):
        return None
    has_sound = any(data.startswith(_SOUND, box.start + _HANDLER, box.end) for box in boxes if box.name == b"hdlr")
    sides = (_sides(data, box) for box in boxes if box.name == b"tkhd")
    return Film(has_sound, *max(sides, default=(0, 0)))


def _walk(data: Bytes, parent: _Box) -> Iterator[_Box]:
    at = parent.start
    while at + _HEAD.size <= parent.end:
        box = _box(data, at, parent.end)
        if not at + _HEAD.size <= box.start <= box.end <= parent.end:
            return
        if _PARENTS.get(box.name) == parent.name:
            yield box
            yield from _walk(data, box)
        at = box.end


def _box(data: Bytes, at: int, parent_end: int) -> _Box:
    length, name = _HEAD.unpack_from(data, at)
    start = at + _HEAD.size
    if length == 1 and start + _LONG.size <= parent_end:
        return _Box(name, start + _LONG.size, at + _LONG.unpack_from(data, start)[0])
    return _Box(name, start, at + length if length else parent_end)


def _sides(data: Bytes, header: _Box) -> tuple[int, int]:
    """They stand at the end of a track's header, with a fraction."""
    if header.end - header.start < _SIDES.size:
        return 0, 0
    width, height = _SIDES.unpack_from(data, header.end - _SIDES.size)
    return width >> _FRACTION_BITS, height >> _FRACTION_BITS
