"""Sending files: a file is uploaded once, then sent by its file id; a missing file does not end the sequence."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from bench.sandbox.world.files import Kind
from bench.sandbox.world.samples import sample
from engine.core.content.model import Asset
from engine.media.library import Library
from engine.media.paths import path_of
from storage.redis.server_clock import server_now_ms
from tests.flows.house import House, open_house, trust_one_receiver
from tests.sandbox.pictures import png

SILENT: Final = """
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{key: one, video: "sha256:%s", caption: look}, {key: two, text: version %d}]
"""
CAMPAIGN: Final = """
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{key: one, photo: "sha256:%s", caption: look}, {key: two, text: second}]
"""


class Gallery(NamedTuple):
    """A house whose first block is a photo."""

    house: House
    photo: Asset
    path: Path


@pytest.fixture
async def gallery(
    redis_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gallery]:
    trust_one_receiver(monkeypatch)
    shelf, picture = tmp_path / "media", tmp_path / "a.png"
    picture.write_bytes(png())
    async with open_house(redis_url, database_url, MEDIA_DIR=str(shelf)) as house:
        stored = await Library(house.pool, shelf).add_file(picture, "photo", await server_now_ms(house.redis))
        await house.publish((CAMPAIGN % stored.asset.sha256).encode())
        yield Gallery(house, stored.asset, path_of(shelf, stored.asset.sha256))
        assert (await house.people.violations()).listed == []


async def test_a_photo_is_uploaded_once_and_everybody_gets_it_once(gallery: Gallery) -> None:
    house = gallery.house
    people = [await house.someone() for _ in range(5)]
    for person in people:
        assert await house.ended(person) == ["completed"]
        assert await house.told(person) == ["look", "second"]
    assert await house.pool.fetchval("SELECT count(*) FROM media_files") == 1


async def test_a_refused_file_id_is_replaced_by_an_upload(gallery: Gallery) -> None:
    house, photo = gallery.house, gallery.photo
    await house.pool.execute(
        "INSERT INTO media_files (bot_id, sha256, kind, file_id) SELECT id, $1, 'photo', 'AgADsomebodyelses' FROM bots",
        bytes.fromhex(photo.sha256),
    )
    person = await house.someone()
    assert await house.ended(person) == ["completed"]
    assert await house.told(person) == ["look", "second"]
    assert (await house.delivery(person, "one", "sent"))["attempts"] == 2
    assert await house.pool.fetchval("SELECT count(*) FROM incidents") == 0


async def test_a_missing_file_fails_its_block_and_admins_are_told_once(gallery: Gallery) -> None:
    house = gallery.house
    gallery.path.unlink()
    for _ in range(2):
        person = await house.someone()
        assert await house.ended(person) == ["completed"]
        assert (await house.delivery(person, "one", "failed"))["reason"] == "media_missing"
        assert await house.told(person) == ["second"]
    incidents = await house.pool.fetch("SELECT kind, subject FROM incidents")
    assert [tuple(row) for row in incidents] == [("block_media_missing", "version 2, hello/one")]


async def test_a_video_without_sound_is_uploaded_once_and_admins_are_told_once_for_each_version(
    gallery: Gallery, tmp_path: Path
) -> None:
    """Telegram makes an animation of it."""
    house, film = gallery.house, tmp_path / "a.mp4"
    film.write_bytes(sample(Kind.ANIMATION).data)
    stored = await Library(house.pool, tmp_path / "media").add_file(film, "video", await server_now_ms(house.redis))
    for version in (3, 4):
        await house.publish((SILENT % (stored.asset.sha256, version)).encode())
        people = [await house.someone() for _ in range(5)]
        for person in people:
            assert await house.ended(person) == ["completed"]
            assert await house.told(person) == ["look", f"version {version}"]
        incidents = await house.pool.fetch("SELECT kind, subject, detail FROM incidents WHERE closed_at IS NULL")
        told = ("block_other_kind", f"version {version}, hello/one", "video → animation")
        assert [tuple(row) for row in incidents] == [told]
    assert sum(row.uploads for row in (await house.people.record()).rows) == 1
    assert await house.pool.fetchval("SELECT taken_as FROM media_files") == "animation"
