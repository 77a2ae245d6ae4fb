"""Reads a file from its beginning, in small pieces and a bounded number of steps."""

import os
import re
import zlib
from typing import BinaryIO, Final, Literal, NamedTuple

PIECE: Final = 4096
MOST_STEPS: Final = 2_000_000
"""A voice message of the largest size, with a page for each 20 ms, takes half as many; all of them take seconds."""


class BrokenFileError(Exception):
    """The file ends before its end, or contradicts itself."""


class Sides(NamedTuple):
    """Of a picture, in pixels."""

    width: int
    height: int


class FileReader:
    """Every method raises BrokenFileError for what reaches past the end of the file, and for a walk without end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._at = 0
        self._steps = 0

    @property
    def at(self) -> int:
        return self._at

    @property
    def left(self) -> int:
        return self._size - self._at

    def take(self, count: int) -> bytes:
        """The next bytes, a piece at most: no length that a file names decides over memory."""
        self._step(count)
        taken = self._file.read(count)
        if len(taken) < count:
            raise BrokenFileError
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, size: int, order: Literal["big", "little"] = "big") -> int:
        return int.from_bytes(self.take(size), order)

    def expect(self, start: bytes) -> None:
        if self.take(len(start)) != start:
            raise BrokenFileError

    def go_to(self, position: int) -> None:
        """Never backwards: a length that would lead there contradicts itself."""
        if position < self._at:
            raise BrokenFileError
        self.skip(position - self._at)

    def skip(self, count: int) -> None:
        self._step(count)
        self._file.seek(self._at)

    def crc32(self, count: int, start: bytes) -> int:
        """The checksum of these bytes and the next ones."""
        total = zlib.crc32(start)
        while count > 0:
            piece = self.take(min(count, PIECE))
            total, count = zlib.crc32(piece, total), count - len(piece)
        return total

    def find(self, pattern: re.Pattern[bytes], width: int) -> bytes:
        """Go behind the next match, which is that wide, and return it."""
        while True:
            piece = self.take(min(self.left, PIECE))
            found = pattern.search(piece)
            behind = found.end() if found else len(piece) - width + 1
            if not found and (not self.left or behind <= 0):
                raise BrokenFileError
            self.go_back(len(piece) - behind)
            if found:
                return found[0]

    def go_back(self, count: int) -> None:
        self._at -= count
        self._file.seek(self._at)

    def _step(self, count: int) -> None:
        self._steps += 1
        if count > self.left or self._steps > MOST_STEPS:
            raise BrokenFileError
        self._at += count
