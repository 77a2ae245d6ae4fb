"""One upload serves a bot; a file id that Telegram refuses is dropped, and the bytes are sent again."""

from dataclasses import dataclass

from bench.sandbox.protocol import Fault, FaultKind
from engine.core.content.model import Album, Asset, Item, Media, TelegramFile
from engine.core.delivery.outcome import FileRefused, Rejected, RetryLater, Sent
from engine.media.paths import path_of
from engine.media.uploads import Busy, Missing
from engine.telegram.sender import Prepared
from tests.sandbox.pictures import FILM, png
from tests.telegram.conftest import PLAIN, Gallery


@dataclass(frozen=True)
class Photo:
    asset: Asset

    @property
    def content(self) -> Media:
        return Media("photo", self.asset.sha256)


async def a_photo(gallery: Gallery) -> Photo:
    return Photo(await gallery.library.add("photo", png(), "a.png"))


async def forget_and_misname(gallery: Gallery, asset: Asset, file_id: str) -> None:
    """As if a bot had another bot's file id; a new process reads it."""
    await gallery.library.pool.execute(
        "INSERT INTO media_files VALUES ($1, $2, $3, $4)",
        *(gallery.speaker.bot_id, bytes.fromhex(asset.sha256), asset.kind, file_id),
    )


async def test_while_one_message_uploads_the_others_wait(gallery: Gallery) -> None:
    photo = await a_photo(gallery)
    first = await gallery.prepare(photo.content)
    assert isinstance(first, Prepared)
    assert await gallery.prepare(photo.content) == Busy(photo.asset)
    await gallery.sender.send(gallery.speaker, gallery.person, first, PLAIN, 1)
    second = await gallery.prepare(photo.content)
    assert isinstance(second, Prepared)
    assert (second.files, second.uploads) == (
        {photo.asset: TelegramFile("photo", (await gallery.library.file_ids())["photo"])},
        {},
    )


async def test_a_failed_upload_is_made_by_another_message(gallery: Gallery) -> None:
    photo = await a_photo(gallery)
    await gallery.people.set_fault(Fault(FaultKind.INTERNAL_ERROR, count=1))
    assert isinstance(await gallery.send(photo.content), RetryLater)
    assert isinstance(await gallery.send(photo.content), Sent)


async def test_an_upload_that_was_not_sent_is_made_by_another_message(gallery: Gallery) -> None:
    photo = await a_photo(gallery)
    prepared = await gallery.prepare(photo.content)
    assert isinstance(prepared, Prepared)
    gallery.sender.release(gallery.speaker, prepared)
    assert isinstance(await gallery.send(photo.content), Sent)


async def test_a_file_that_is_gone_is_missing(gallery: Gallery) -> None:
    photo = await a_photo(gallery)
    path_of(gallery.library.directory, photo.asset.sha256).unlink()
    verdict = await gallery.prepare(photo.content)
    assert isinstance(verdict, Missing)
    assert verdict.asset == photo.asset


async def test_a_refused_file_id_is_dropped_and_the_bytes_are_sent_again(gallery: Gallery) -> None:
    photo = await a_photo(gallery)
    await forget_and_misname(gallery, photo.asset, "AgADsomebodyelses")
    assert isinstance(await gallery.send(photo.content), FileRefused)
    assert await gallery.library.file_ids() == {}
    assert isinstance(await gallery.send(photo.content, attempts=2), Sent)
    assert "photo" in await gallery.library.file_ids()


async def test_every_file_id_of_a_refused_album_is_dropped(gallery: Gallery) -> None:
    """Telegram does not say which one it was; fresh bytes are not to blame."""
    photo, video = await a_photo(gallery), await gallery.library.add("video", FILM, "a.mp4")
    await gallery.send(photo.content)
    await forget_and_misname(gallery, video, "BAADsomebodyelses")
    album = Album((Item("photo", photo.asset.sha256), Item("video", video.sha256)))
    assert isinstance(await gallery.send(album), FileRefused)
    assert await gallery.library.file_ids() == {}
    assert await gallery.send(album, attempts=2) == Sent((3, 4))


async def test_bytes_that_telegram_refuses_are_rejected(gallery: Gallery) -> None:
    asset = await gallery.library.add("photo", b"no picture", "a.png")
    assert await gallery.send(Media("photo", asset.sha256)) == Rejected("Bad Request: IMAGE_PROCESS_FAILED")
