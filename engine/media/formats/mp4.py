"""MP4 and its kin: boxes inside boxes.

A film is whole if its index (`moov`) and its data (`mdat`) are, and if the data reach as far as the index says. What
stands behind both may be anything.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple

from engine.media.formats.file_reader import PIECE, BrokenFileError, FileReader

_LONG: Final = 1
_TO_THE_END: Final = 0
_PARENTS: Final[Mapping[bytes, bytes]] = {
    b"trak": b"moov",
    b"mdia": b"trak",
    b"minf": b"mdia",
    b"stbl": b"minf",
    b"stco": b"stbl",
    b"co64": b"stbl",
}
"""The boxes that are opened, each only inside its parent: so no file decides how deep the walk goes."""
_OFFSETS: Final[Mapping[bytes, Struct]] = {b"stco": Struct(">I"), b"co64": Struct(">Q")}
_HEAD: Final = Struct(">I4s")
_NEEDED: Final = frozenset({b"moov", b"mdat"})
_OURS: Final = _NEEDED | {b"ftyp", b"moof"}


class _Box(NamedTuple):
    name: bytes
    end: int


def walk_mp4(file: FileReader) -> None:
    size = file.left
    seen: set[bytes] = set()
    while file.left >= _HEAD.size:
        box = _open(file, size)
        if box.end > size:
            if box.name in _OURS or not seen >= _NEEDED:
                raise BrokenFileError
            return
        if box.name == b"moov":
            _walk(file, box, size)
        file.go_to(box.end)
        seen.add(box.name)
    if not seen >= _NEEDED:
        raise BrokenFileError


def _walk(file: FileReader, parent: _Box, size: int) -> None:
    while parent.end - file.at >= _HEAD.size:
        box = _open(file, parent.end)
        if box.end > parent.end:
            raise BrokenFileError
        if _PARENTS.get(box.name) == parent.name:
            if box.name in _OFFSETS:
                _check_offsets(file, _OFFSETS[box.name], box, size)
            else:
                _walk(file, box, size)
        file.go_to(box.end)


def _open(file: FileReader, parent_end: int) -> _Box:
    start = file.at
    length, name = _HEAD.unpack(file.take(_HEAD.size))
    if length == _TO_THE_END:
        return _Box(name, parent_end)
    if length == _LONG:
        length = file.number(8)
    if start + length < file.at:
        raise BrokenFileError
    return _Box(name, start + length)


def _check_offsets(file: FileReader, offset: Struct, box: _Box, size: int) -> None:
    """Where each chunk of a track begins: one that begins behind the end of the file was cut off."""
    file.skip(4)
    count = file.number(4)
    if count * offset.size > box.end - file.at:
        raise BrokenFileError
    for at in range(0, count * offset.size, PIECE):
        piece = file.take(min(PIECE, count * offset.size - at))
        if any(begins >= size for (begins,) in offset.iter_unpack(piece)):
            raise BrokenFileError
