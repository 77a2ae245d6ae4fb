"""A file on its way into the store: until it is placed, no reader looks for its name.

It is on the disk before it gets its final name, so that after a power cut a name still means the whole file.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from engine.media.paths import check_place, path_of, writing

UNFINISHED: Final = ".unfinished"


class Incoming:
    def __init__(self, directory: Path, path: Path, file: BinaryIO) -> None:
        self._directory = directory
        self._file = file
        self._hash = hashlib.sha256()
        self.path = path
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    async def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        await asyncio.to_thread(self._write, chunk)

    async def keep(self) -> None:
        """Wait until the file is on the disk."""
        await asyncio.to_thread(self._sync)

    async def place(self) -> None:
        """Give the file the name of its content. If that name exists, it has the same bytes. Raises MediaError."""
        await asyncio.to_thread(self._rename)

    def _write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _rename(self) -> None:
        target = path_of(self._directory, self.sha256)
        with writing():
            target.parent.mkdir(0o700, exist_ok=True)
            check_place(target)
            self.path.replace(target)
            for directory in (target.parent, self._directory):
                _sync_names(directory)


@contextmanager
def incoming(directory: Path) -> Iterator[Incoming]:
    """A file that is not placed when the block ends leaves nothing behind. Raises MediaError if the disk fails."""
    with writing():
        directory.mkdir(0o700, parents=True, exist_ok=True)
        path = directory / f"{secrets.token_hex(16)}{UNFINISHED}"
        with open(path, "xb", opener=_for_owner_only) as file:
            try:
                yield Incoming(directory, path, file)
            finally:
                path.unlink(missing_ok=True)


def _for_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_names(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
