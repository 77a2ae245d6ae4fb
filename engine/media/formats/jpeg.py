"""JPEG: segments with a length, and scans that go on until the next marker."""

import re
from typing import Final

from engine.media.formats.file_reader import BrokenFileError, FileReader, Sides

_MARKER: Final = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
"""A marker with a length, or the end; neither a stuffed byte nor the restart of a scan."""
_END: Final = 0xD9
_SCAN: Final = 0xDA
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_jpeg(file: FileReader) -> Sides:
    """Bytes that belong to no segment are passed over, as every decoder does."""
    file.expect(b"\xff\xd8")
    sides, scanned = None, False
    while (marker := file.find(_MARKER, 2)[1]) != _END:
        behind = file.at + file.number(2)
        if marker in _FRAMES:
            sides = _sides(file)
        scanned = scanned or marker == _SCAN
        file.go_to(behind)
    if sides is None or not scanned:
        raise BrokenFileError
    return sides


def _sides(file: FileReader) -> Sides:
    file.skip(1)
    height = file.number(2)
    return Sides(file.number(2), height)
