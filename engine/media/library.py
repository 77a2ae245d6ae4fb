"""The library of media: takes a file in chunk by chunk, and returns the asset that names it.

Adding the same file twice gives the same asset. A refused file leaves nothing behind, and no file is ever held in
memory as a whole.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from engine.core.content.model import Asset, MediaKind
from engine.core.errors import MediaError
from engine.media.file_kinds import check_size, recognize
from engine.media.partial_file import Incoming, incoming
from engine.media.paths import needed
from storage.postgres import media
from storage.postgres.pool import Pool

CHUNK: Final = 256 * 1024
_LONGEST_NAME: Final = 120


class Stored(NamedTuple):
    asset: Asset
    size: int
    mime: str


class Library:
    def __init__(self, pool: Pool, directory: Path | None) -> None:
        self._pool = pool
        self._directory = directory

    async def add(self, chunks: AsyncIterable[bytes], kind: MediaKind, name: str, now_ms: int) -> Stored:
        """Take a file in. Raises MediaError for one that cannot be sent as this kind, UnreachableError."""
        name = _clean(name, kind)
        with incoming(needed(self._directory)) as file:
            await _fill(file, chunks, kind, name)
            mime = await asyncio.to_thread(recognize, file.path, kind, name)
            stored = Stored(Asset(kind, file.sha256), file.size, mime)
            async with media.adding(self._pool) as connection:
                await file.place()
                await media.add(connection, stored.asset, stored.size, mime, name, now_ms)
        return stored

    async def add_file(self, path: Path, kind: MediaKind, now_ms: int) -> Stored:
        """Take in a file of this machine. Raises MediaError, UnreachableError."""
        async with aclosing(_read(path)) as chunks:
            return await self.add(chunks, kind, path.name, now_ms)


async def _fill(file: Incoming, chunks: AsyncIterable[bytes], kind: MediaKind, name: str) -> None:
    async for chunk in chunks:
        check_size(file.size + len(chunk), kind, name)
        await file.write(chunk)
    await file.keep()


async def _read(path: Path) -> AsyncGenerator[bytes, None]:
    try:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
    except OSError as error:
        raise MediaError(
            "{path} cannot be read ({why}): name a file that is there.", path=path, why=error.strerror
        ) from error


def _clean(name: str, kind: MediaKind) -> str:
    """The name under which people see a document, without its path and unprintable characters."""
    printable = "".join(character for character in PurePath(name).name if character.isprintable())
    return printable[-_LONGEST_NAME:].strip() or kind
