"""MP4 and its kin: boxes inside boxes.

A film is whole if its index (`moov`) and its data (`mdat`) are, and if the data reach as far as the index says. What
stands behind both may be anything; in a film of fragments (`moof`), where more of it could follow, it has to be whole.
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
    b"hdlr": b"mdia",
    b"minf": b"mdia",
    b"stbl": b"minf",
    b"stco": b"stbl",
    b"co64": b"stbl",
}
"""The boxes that are opened, each only inside its parent: so no file decides how deep the walk goes."""
_OFFSETS: Final[Mapping[bytes, Struct]] = {b"stco": Struct(">I"), b"co64": Struct(">Q")}
_HEAD: Final = Struct(">I4s")
_NEEDED: Final = frozenset({b"moov", b"mdat"})
_FRAGMENT: Final = b"moof"
_HEADS: Final = frozenset({b"styp", _FRAGMENT})
"""What stands before a fragment's data."""
_OURS: Final = _NEEDED | {b"ftyp", _FRAGMENT}
_REFERENCE: Final = Struct(">I8x")
_SIZE: Final = 2**31 - 1
"""The bits of a reference that tell the size of a fragment."""


class _Box(NamedTuple):
    name: bytes
    end: int


def walk_mp4(file: FileReader) -> None:
    _walk_film(file)


def is_song(file: FileReader) -> bool:
    """Whether there is sound alone: recorders write it like a film."""
    handlers = _walk_film(file)
    return b"soun" in handlers and b"vide" not in handlers


def _walk_film(file: FileReader) -> set[bytes]:
    """What its tracks hold, by the names of their handlers."""
    size, seen, handlers, name = file.left, set[bytes](), set[bytes](), b""
    while file.left >= _HEAD.size:
        box = _open(file, size)
        if box.end > size:
            _pass_rest(box.name, seen)
            return handlers
        handlers |= _look_into(file, box, size)
        file.go_to(box.end)
        seen.add(name := box.name)
    if not seen >= _NEEDED or (_FRAGMENT in seen and (file.left or name in _HEADS)):
        raise BrokenFileError
    return handlers


def _pass_rest(name: bytes, seen: set[bytes]) -> None:
    """What is no whole box; it may begin like one of this name."""
    if name in _OURS or _FRAGMENT in seen or not seen >= _NEEDED:
        raise BrokenFileError


def _look_into(file: FileReader, box: _Box, size: int) -> set[bytes]:
    if box.name == b"sidx":
        _check_references(file, box, size)
    return _walk(file, box, size) if box.name == b"moov" else set()


def _walk(file: FileReader, parent: _Box, size: int) -> set[bytes]:
    handlers: set[bytes] = set()
    while parent.end - file.at >= _HEAD.size:
        box = _open(file, parent.end)
        if box.end > parent.end:
            raise BrokenFileError
        if _PARENTS.get(box.name) == parent.name:
            handlers |= _enter(file, box, size)
        file.go_to(box.end)
    return handlers


def _enter(file: FileReader, box: _Box, size: int) -> set[bytes]:
    if box.name in _OFFSETS:
        _check_offsets(file, _OFFSETS[box.name], box, size)
        return set()
    if box.name == b"hdlr":
        file.skip(8)
        return {file.take(4)}
    return _walk(file, box, size)


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


def _check_references(file: FileReader, box: _Box, size: int) -> None:
    """How long each fragment behind this index is: all of them are there, or the film was cut off."""
    width = 8 if file.number(4) >> 24 else 4
    file.skip(8 + width)
    end = box.end + file.number(width)
    count = file.number(4) & 0xFFFF
    for _ in range(count):
        end += _REFERENCE.unpack(file.take(_REFERENCE.size))[0] & _SIZE
    if end > size:
        raise BrokenFileError
