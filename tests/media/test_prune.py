"""Unused media go with their bytes and file ids; media that are used or new stay."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Album, Asset, Content, Item, Media, MediaKind, TelegramFile, Text
from engine.core.errors import MediaError
from engine.core.schedule.step_schedule import After
from engine.media import prune
from engine.media.library import Library
from engine.media.partial_file import UNFINISHED
from engine.media.paths import path_of
from engine.media.prune import DAY_MS, unused
from storage.postgres import bots, campaigns, media
from storage.postgres.pool import Pool, transaction
from tests.media import files

BOT: Final = 7
NOW_MS: Final = 1_700_000_000_000
LATER_MS: Final = NOW_MS + DAY_MS + 1
CHANGE: Final = Change("ana", NOW_MS)


@pytest.fixture
async def photo(library: Library) -> Asset:
    return await _add(library, files.PNG, "photo")


async def test_unused_media_go_with_their_bytes_and_file_ids(pool: Pool, shelf: Path, photo: Asset) -> None:
    await media.put_files(pool, BOT, {photo: TelegramFile("photo", "id-1")})
    assert [one.asset for one in await prune.prune(pool, shelf, LATER_MS)] == [photo]
    assert not path_of(shelf, photo.sha256).exists()
    assert (await media.list_all(pool), await pool.fetch("SELECT * FROM media_files")) == ([], [])


async def test_a_listing_of_unused_media_removes_nothing(pool: Pool, shelf: Path, photo: Asset) -> None:
    assert [one.asset for one in await unused(pool, LATER_MS)] == [photo]
    assert path_of(shelf, photo.sha256).exists()


async def test_new_media_stay_and_adding_them_again_makes_them_new(
    library: Library, pool: Pool, shelf: Path, photo: Asset
) -> None:
    assert await prune.prune(pool, shelf, NOW_MS + DAY_MS) == []
    await _add(library, files.PNG, "photo", LATER_MS)
    assert await prune.prune(pool, shelf, LATER_MS) == []
    assert path_of(shelf, photo.sha256).exists()


@pytest.mark.parametrize("languages", [False, True])
async def test_media_that_a_draft_names_stay(pool: Pool, shelf: Path, photo: Asset, *, languages: bool) -> None:
    await _draft(pool, Media("photo", photo.sha256), languages=languages)
    assert await prune.prune(pool, shelf, LATER_MS) == []


async def test_media_that_an_older_version_names_stay(pool: Pool, shelf: Path, photo: Asset) -> None:
    album = Album((Item("photo", photo.sha256), Item("photo", photo.sha256)))
    draft = await _draft(pool, album)
    async with transaction(pool) as connection:
        await campaigns.publish(connection, BOT, draft, CHANGE)
    await _draft(pool, Text("hello"))
    assert await prune.prune(pool, shelf, LATER_MS) == []


async def test_bytes_that_are_kept_as_another_kind_stay(
    library: Library, pool: Pool, shelf: Path, photo: Asset
) -> None:
    await _add(library, files.PNG, "document", LATER_MS)
    assert [one.asset for one in await prune.prune(pool, shelf, LATER_MS)] == [photo]
    assert path_of(shelf, photo.sha256).exists()


async def test_more_than_one_batch_goes_too(
    library: Library, pool: Pool, shelf: Path, photo: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "_AT_ONCE", 1)
    other = await _add(library, files.PDF, "document")
    assert {one.asset for one in await prune.prune(pool, shelf, LATER_MS)} == {photo, other}


async def test_old_unfinished_files_go(pool: Pool, shelf: Path) -> None:
    old, new = (_leave(shelf, at_ms) for at_ms in (NOW_MS, LATER_MS))
    await prune.prune(pool, shelf, LATER_MS)
    assert (old.exists(), new.exists()) == (False, True)


async def test_a_disk_that_keeps_the_bytes_keeps_the_names(pool: Pool, shelf: Path, photo: Asset) -> None:
    path_of(shelf, photo.sha256).unlink()
    path_of(shelf, photo.sha256).mkdir()
    with pytest.raises(MediaError, match="MEDIA_DIR cannot be written"):
        await prune.prune(pool, shelf, LATER_MS)
    assert [one.asset for one in await media.list_all(pool)] == [photo]


async def _add(library: Library, content: bytes, kind: MediaKind, now_ms: int = NOW_MS) -> Asset:
    return (await library.add(_once(content), kind, "a.bin", now_ms)).asset


def _leave(shelf: Path, at_ms: int) -> Path:
    path = shelf / f"{at_ms}{UNFINISHED}"
    shelf.mkdir(exist_ok=True)
    path.touch()
    os.utime(path, (at_ms / 1000, at_ms / 1000))
    return path


async def _draft(pool: Pool, content: Content, *, languages: bool = False) -> Snapshot:
    block = Block("b", Text("x"), languages={"en": content}) if languages else Block("b", content)
    draft = Snapshot("UTC", (Step("s", After(0), (block,)),))
    async with transaction(pool) as connection:
        await bots.add(connection, BOT, "shop_bot", b"t", CHANGE)
        await campaigns.save_draft(connection, BOT, draft, CHANGE)
    return draft


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
