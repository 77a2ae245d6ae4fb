"""A bot uploads an asset once; its other messages send the file id, wait, or get the reason why they cannot."""

from pathlib import Path
from typing import Final

import pytest

from engine.core.content.model import Asset, TelegramFile
from engine.media import uploads
from engine.media.paths import path_of
from engine.media.uploads import AllKnown, Busy, Mine, Missing, Upload, Uploads
from storage.postgres import media
from storage.postgres.pool import Pool

SHOP: Final = 7
CAFE: Final = 8
PHOTO: Final = Asset("photo", "aa" * 32)
PAPER: Final = Asset("document", "aa" * 32)
VIDEO: Final = Asset("video", "bb" * 32)
PICTURE_1: Final = TelegramFile("photo", "id-1")
PICTURE_2: Final = TelegramFile("photo", "id-2")
FILM: Final = TelegramFile("video", "id-2")
SILENT: Final = TelegramFile("animation", "id-3")


@pytest.fixture
async def ours(pool: Pool, shelf: Path) -> Uploads:
    """Three assets are in the library and on disk."""
    for asset in (PHOTO, PAPER, VIDEO):
        async with media.adding(pool) as connection:
            await media.add(connection, asset, 4, "any/thing", f"the.{asset.kind}", 1)
        path_of(shelf, asset.sha256).parent.mkdir(parents=True, exist_ok=True)
        path_of(shelf, asset.sha256).write_bytes(b"abcd")
    return Uploads(pool, shelf)


async def test_the_first_message_uploads_and_the_others_wait(ours: Uploads, shelf: Path) -> None:
    upload = Upload(path_of(shelf, PHOTO.sha256), "the.photo", 4)
    assert await ours.claim(SHOP, [PHOTO]) == Mine({PHOTO: upload}, {})
    assert await ours.claim(SHOP, [PHOTO]) == Busy(PHOTO)


async def test_the_other_messages_send_by_the_file_id_of_the_upload(ours: Uploads) -> None:
    await ours.claim(SHOP, [PHOTO])
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    assert await ours.claim(SHOP, [PHOTO]) == AllKnown({PHOTO: PICTURE_1})


async def test_each_bot_and_each_kind_has_file_ids_of_its_own(ours: Uploads) -> None:
    await ours.claim(SHOP, [PHOTO])
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    assert isinstance(await ours.claim(CAFE, [PHOTO]), Mine)
    assert isinstance(await ours.claim(SHOP, [PAPER]), Mine)


async def test_another_process_sends_by_the_file_id_too(ours: Uploads, pool: Pool) -> None:
    await ours.claim(SHOP, [PHOTO])
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    assert await Uploads(pool, None).claim(SHOP, [PHOTO]) == AllKnown({PHOTO: PICTURE_1})


async def test_after_a_failed_upload_another_message_may_try(ours: Uploads) -> None:
    await ours.claim(SHOP, [PHOTO, VIDEO])
    ours.free(SHOP, [PHOTO, VIDEO])
    assert isinstance(await ours.claim(SHOP, [PHOTO]), Mine)


async def test_an_album_takes_all_that_it_lacks_or_nothing(ours: Uploads) -> None:
    await ours.claim(SHOP, [PHOTO])
    assert await ours.claim(SHOP, [VIDEO, PHOTO]) == Busy(PHOTO)
    assert isinstance(await ours.claim(SHOP, [VIDEO]), Mine)


async def test_an_album_sends_what_is_known_and_uploads_the_rest(ours: Uploads, shelf: Path) -> None:
    await ours.claim(SHOP, [PHOTO])
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    upload = Upload(path_of(shelf, VIDEO.sha256), "the.video", 4)
    assert await ours.claim(SHOP, [PHOTO, VIDEO, PHOTO]) == Mine({VIDEO: upload}, {PHOTO: PICTURE_1})


async def test_a_file_id_goes_with_the_kind_that_telegram_made_of_the_file(ours: Uploads, pool: Pool) -> None:
    await ours.claim(SHOP, [VIDEO])
    await ours.done(SHOP, {VIDEO: SILENT})
    for process in (ours, Uploads(pool, None)):
        assert await process.claim(SHOP, [VIDEO]) == AllKnown({VIDEO: SILENT})


async def test_an_album_uploads_what_telegram_made_another_kind_of(ours: Uploads, pool: Pool, shelf: Path) -> None:
    """What it learns serves everybody afterwards."""
    await ours.done(SHOP, {VIDEO: SILENT, PHOTO: PICTURE_1})
    for process in (ours, Uploads(pool, shelf)):
        claim = await process.claim(SHOP, [PHOTO, VIDEO], in_album=True)
        assert isinstance(claim, Mine)
        assert (list(claim.uploads), claim.files) == ([VIDEO], {PHOTO: PICTURE_1})
    await ours.done(SHOP, {VIDEO: FILM})
    for process in (ours, Uploads(pool, None)):
        assert await process.claim(SHOP, [PHOTO, VIDEO], in_album=True) == AllKnown({PHOTO: PICTURE_1, VIDEO: FILM})
        assert await process.claim(SHOP, [VIDEO]) == AllKnown({VIDEO: FILM})


async def test_a_refused_file_id_is_dropped_everywhere_and_uploaded_again(ours: Uploads, pool: Pool) -> None:
    await ours.claim(SHOP, [PHOTO])
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    await ours.drop(SHOP, PHOTO, PICTURE_1)
    assert isinstance(await ours.claim(SHOP, [PHOTO]), Mine)
    assert (await media.look_up(pool, SHOP, [PHOTO]))[PHOTO].file is None


async def test_a_refusal_that_comes_late_does_not_drop_the_new_file_id(ours: Uploads, pool: Pool) -> None:
    await ours.claim(SHOP, [PHOTO])
    await ours.done(SHOP, {PHOTO: PICTURE_2})
    await ours.drop(SHOP, PHOTO, PICTURE_1)
    assert await ours.claim(SHOP, [PHOTO]) == AllKnown({PHOTO: PICTURE_2})
    assert (await media.look_up(pool, SHOP, [PHOTO]))[PHOTO].file == PICTURE_2


async def test_any_refused_message_drops_the_file_id(ours: Uploads, pool: Pool) -> None:
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    await Uploads(pool, None).drop(SHOP, PHOTO, PICTURE_1)
    assert (await media.look_up(pool, SHOP, [PHOTO]))[PHOTO].file is None


async def test_of_two_uploads_while_a_bot_changes_hands_the_later_is_kept(ours: Uploads, pool: Pool) -> None:
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    await Uploads(pool, None).done(SHOP, {PHOTO: PICTURE_2})
    assert (await media.look_up(pool, SHOP, [PHOTO]))[PHOTO].file == PICTURE_2


async def test_a_file_that_cannot_be_sent_names_the_mend(ours: Uploads, pool: Pool, shelf: Path) -> None:
    unknown = Asset("voice", "cc" * 32)
    assert "add its file again" in _detail(await ours.claim(SHOP, [PHOTO, unknown]), unknown)
    assert "MEDIA_DIR is not set" in _detail(await Uploads(pool, None).claim(SHOP, [PHOTO]), PHOTO)
    path_of(shelf, PHOTO.sha256).unlink()
    assert "not in MEDIA_DIR" in _detail(await ours.claim(SHOP, [VIDEO, PHOTO]), PHOTO)
    assert isinstance(await ours.claim(SHOP, [VIDEO]), Mine)


async def test_the_cache_is_bounded_and_a_dropped_file_id_is_read_again(
    ours: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CACHED", 1)
    await ours.claim(SHOP, [PHOTO, VIDEO])
    await ours.done(SHOP, {PHOTO: PICTURE_1, VIDEO: FILM})
    assert len(ours._cache) == 1
    assert await ours.claim(SHOP, [PHOTO, VIDEO]) == AllKnown({PHOTO: PICTURE_1, VIDEO: FILM})


async def test_an_upload_is_done_even_if_postgresql_does_not_answer(ours: Uploads, pool: Pool) -> None:
    await ours.claim(SHOP, [PHOTO])
    await pool.close()
    await ours.done(SHOP, {PHOTO: PICTURE_1})
    assert await ours.claim(SHOP, [PHOTO]) == AllKnown({PHOTO: PICTURE_1})


def _detail(claim: object, asset: Asset) -> str:
    assert isinstance(claim, Missing)
    assert claim.asset == asset
    return claim.detail
