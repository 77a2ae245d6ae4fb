"""A stored file is named by its bytes, kept once, and whole; a refused file leaves nothing behind."""

import hashlib
import os
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from engine.core.content.model import Asset
from engine.core.errors import MediaError, UnreachableError
from engine.media.file_kinds import MB
from engine.media.library import CHUNK, Library, Stored
from engine.media.paths import path_of
from storage.postgres import media
from storage.postgres.media import Shelved
from storage.postgres.pool import Pool
from tests.media import files

NOW_MS: Final = 1_700_000_000_000
PNG: Final = Asset("photo", hashlib.sha256(files.PNG).hexdigest())


async def test_a_file_is_kept_under_the_hash_of_its_bytes(library: Library, pool: Pool, shelf: Path) -> None:
    assert await library.add(_chunks(files.PNG), "photo", "cat.png", NOW_MS) == Stored(PNG, len(files.PNG), "image/png")
    assert path_of(shelf, PNG.sha256).read_bytes() == files.PNG
    assert await media.list_all(pool) == [Shelved(PNG, len(files.PNG), "image/png", "cat.png")]


async def test_the_same_bytes_as_two_kinds_are_two_assets_and_one_file(
    library: Library, pool: Pool, shelf: Path
) -> None:
    for kind in ("photo", "document", "photo"):
        stored = await library.add(_chunks(files.PNG), kind, f"{kind}.png", NOW_MS)
        assert stored.asset == Asset(kind, PNG.sha256)
    assert _kept(shelf) == [path_of(shelf, PNG.sha256)]
    assert sorted(shelved.name for shelved in await media.list_all(pool)) == ["document.png", "photo.png"]


async def test_a_known_asset_keeps_its_first_name(library: Library, pool: Pool) -> None:
    for name in ("first.png", "second.png"):
        await library.add(_chunks(files.PNG), "photo", name, NOW_MS)
    assert [shelved.name for shelved in await media.list_all(pool)] == ["first.png"]


async def test_a_file_of_this_machine_is_added_by_its_path(library: Library, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(files.PNG)
    assert (await library.add_file(tmp_path / "cat.png", "photo", NOW_MS)).asset == PNG
    with pytest.raises(MediaError, match=r"dog\.png cannot be read \(No such file or directory\)"):
        await library.add_file(tmp_path / "dog.png", "photo", NOW_MS)


async def test_a_file_that_is_too_big_is_refused_before_it_is_all_read(
    library: Library, pool: Pool, shelf: Path
) -> None:
    source = _endless()
    with pytest.raises(MediaError, match="bigger than 20 MB"):
        await library.add(source, "document", "film.mkv", NOW_MS)
    await source.aclose()
    assert (_kept(shelf), await media.list_all(pool)) == ([], [])


async def test_a_file_of_the_wrong_kind_leaves_nothing_behind(library: Library, pool: Pool, shelf: Path) -> None:
    with pytest.raises(MediaError, match="send it as a document instead"):
        await library.add(_chunks(files.TEXT), "video", "film.mp4", NOW_MS)
    assert (_kept(shelf), await media.list_all(pool)) == ([], [])


async def test_a_source_that_breaks_off_leaves_nothing_behind(library: Library, pool: Pool, shelf: Path) -> None:
    with pytest.raises(MediaError, match="is gone"):
        await library.add(_broken(), "photo", "cat.png", NOW_MS)
    assert (_kept(shelf), await media.list_all(pool)) == ([], [])


async def test_without_a_directory_nothing_is_added_and_the_error_names_the_mend(pool: Pool) -> None:
    with pytest.raises(MediaError, match="MEDIA_DIR is not set: name a directory"):
        await Library(pool, None).add(_chunks(files.PNG), "photo", "cat.png", NOW_MS)


async def test_a_directory_that_cannot_be_written_is_named_with_the_mend(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file in its place")
    with pytest.raises(MediaError, match=r"^MEDIA_DIR cannot be written \(.+\): check"):
        await Library(pool, tmp_path / "media").add(_chunks(files.PNG), "photo", "cat.png", NOW_MS)


async def test_an_unreachable_database_is_named(library: Library, pool: Pool, shelf: Path) -> None:
    await pool.close()
    with pytest.raises(UnreachableError, match="PostgreSQL"):
        await library.add(_chunks(files.PNG), "photo", "cat.png", NOW_MS)
    assert _kept(shelf) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/cat.png", "cat.png"),
        ("cat\r\n\0.png", "cat.png"),
        ("", "photo"),
        ("x" * 500 + ".png", "x" * 116 + ".png"),
    ],
)
async def test_a_path_in_a_name_is_dropped(library: Library, pool: Pool, given: str, kept: str) -> None:
    await library.add(_chunks(files.PNG), "photo", given, NOW_MS)
    assert [shelved.name for shelved in await media.list_all(pool)] == [kept]


async def test_no_file_is_held_in_memory_as_a_whole(library: Library) -> None:
    await library.add(_chunks(files.PDF), "document", "warm.pdf", NOW_MS)
    tracemalloc.start()
    try:
        await library.add(_many(19 * MB // CHUNK), "document", "large.bin", NOW_MS)
        assert tracemalloc.get_traced_memory()[1] < 4 * MB
    finally:
        tracemalloc.stop()


async def test_missing_assets_are_listed_in_order(library: Library, pool: Pool) -> None:
    await library.add(_chunks(files.PNG), "photo", "cat.png", NOW_MS)
    other, paper = Asset("voice", "aa" * 32), Asset("document", PNG.sha256)
    async with pool.acquire() as connection:
        assert await media.missing(connection, [other, PNG, paper, other]) == (other, paper)


def _kept(shelf: Path) -> list[Path]:
    return [path for path in shelf.rglob("*") if path.is_file()]


async def _chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def _broken() -> AsyncIterator[bytes]:
    yield files.PNG[:1000]
    raise MediaError("It is gone.")


async def _many(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield os.urandom(CHUNK)


async def _endless() -> AsyncGenerator[bytes, None]:
    sent = 0
    while True:
        assert sent <= 20 * MB, "it was read on"
        sent += CHUNK
        yield bytes(CHUNK)
