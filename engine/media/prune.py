"""Removes media that no draft names, and no version that was ever published.

Media added within the last day stay, because their campaign may not be saved yet; so does a content that is in use as
any kind. Sent messages that show a removed file stay as they are.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.media.partial_file import UNFINISHED
from engine.media.paths import check_place, path_of, writing
from storage.postgres import media
from storage.postgres.media import Shelved
from storage.postgres.pool import Pool

DAY_MS: Final = 86_400_000
_AT_ONCE: Final = 200
"""Few enough that no transaction waits long for the disk."""


async def unused(pool: Pool, now_ms: int) -> list[Shelved]:
    """What `prune` would remove. Raises UnreachableError."""
    async with media.pruning(pool) as connection:
        return await media.list_unused(connection, now_ms - DAY_MS)


async def prune(pool: Pool, directory: Path, now_ms: int) -> list[Shelved]:
    """Remove unused media, and the remains of unfinished files. Raises MediaError, UnreachableError."""
    removed: list[Shelved] = []
    while batch := await _prune_some(pool, directory, now_ms):
        removed += batch
    await asyncio.to_thread(_remove_unfinished, directory, now_ms)
    return removed


async def _prune_some(pool: Pool, directory: Path, now_ms: int) -> list[Shelved]:
    """The bytes are removed before the transaction ends: names left without bytes are found again here."""
    async with media.pruning(pool) as connection:
        batch = await media.list_unused(connection, now_ms - DAY_MS, _AT_ONCE)
        contents = await media.remove(connection, [one.asset for one in batch])
        await asyncio.to_thread(_remove, directory, contents)
    return batch


def _remove(directory: Path, contents: Iterable[str]) -> None:
    with writing():
        for sha256 in contents:
            path = path_of(directory, sha256)
            check_place(path)
            path.unlink(missing_ok=True)


def _remove_unfinished(directory: Path, now_ms: int) -> None:
    with writing():
        for path in directory.glob(f"*{UNFINISHED}"):
            with suppress(FileNotFoundError):
                _remove_old(path, now_ms)


def _remove_old(path: Path, now_ms: int) -> None:
    if path.lstat().st_mtime * 1000 < now_ms - DAY_MS:
        path.unlink()
