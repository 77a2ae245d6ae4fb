"""A file that Telegram takes for another kind is uploaded once, too, and goes out as that from then on."""

from typing import Any, Final, get_args

import msgspec
import pytest

from bench.sandbox.protocol import TranscriptMessage
from bench.sandbox.world.files import Kind
from bench.sandbox.world.samples import sample
from engine.core.bot_identity import Speaker
from engine.core.content.model import CAPTIONED, Album, Asset, Effects, Item, Media, MediaKind, TelegramFile, Text
from engine.core.delivery.outcome import Sent
from engine.telegram.answers import taken_files
from engine.telegram.methods import method_of
from engine.telegram.sender import Prepared
from tests.sandbox.pictures import png
from tests.telegram.conftest import Gallery

KINDS: Final[tuple[MediaKind, ...]] = get_args(MediaKind)
SILENT: Final = sample(Kind.ANIMATION).data
LOUD: Final = sample(Kind.VIDEO).data
WEBM: Final = b"\x1a\x45\xdf\xa3" + b"webm" * 9
PAIRS: Final = [(sent, taken) for sent in KINDS for taken in KINDS]


def answered(kind: MediaKind) -> dict[str, Any]:
    """A message of Telegram that shows this kind."""
    message: dict[str, Any] = {"message_id": 2, kind: {"file_id": "id-1", "duration": 1}}
    if kind == "photo":
        message["photo"] = [{"file_id": f"id-{-n}", "width": 9 + n, "height": 9} for n in (-3, -1, -2)]
    if kind == "animation":
        message["document"] = {"file_id": "id-1"}
    return message


def result(content: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(content))


@pytest.mark.parametrize(("sent", "taken"), PAIRS)
def test_the_file_id_is_taken_from_whatever_kind_the_answer_has(sent: MediaKind, taken: MediaKind) -> None:
    asset = Asset(sent, "aa" * 32)
    assert taken_files(result(answered(taken)), (asset,)) == {asset: TelegramFile(taken, "id-1")}


@pytest.mark.parametrize(("sent", "taken"), PAIRS)
def test_an_item_of_an_album_is_kept_as_what_the_album_took(sent: MediaKind, taken: MediaKind) -> None:
    first, second = Asset("photo", "aa" * 32), Asset(sent, "bb" * 32)
    found = taken_files(result([answered("photo"), answered(taken)]), (first, second))
    assert found == {first: TelegramFile("photo", "id-1"), second: TelegramFile(sent, "id-1")}


@pytest.mark.parametrize("answer", [[], {}, {"message_id": 1, "text": "x"}, True, {"video": "x"}, {"photo": []}])
def test_an_answer_without_a_file_names_none(answer: Any) -> None:
    assert taken_files(result(answer), (Asset("video", "aa" * 32),)) == {}


@pytest.mark.parametrize(("sent", "taken"), PAIRS)
@pytest.mark.parametrize("caption", ["", "<b>look</b>"])
def test_the_file_id_goes_with_the_method_of_its_kind_unless_words_would_be_lost(
    sent: MediaKind, taken: MediaKind, caption: str
) -> None:
    if sent not in CAPTIONED:
        caption = ""
    content, files = Media(sent, "aa" * 32, caption), {Asset(sent, "aa" * 32): TelegramFile(taken, "id-1")}
    call = method_of(Speaker(1, "shop_bot", "1:x"), 5, content, Effects(), files)
    kind = taken if taken in CAPTIONED or not caption else sent
    assert call.method == "send" + kind.title().replace("_", "")
    assert (call.fields[kind], call.fields.get("caption", "")) == ("id-1", caption)


def shows(messages: list[TranscriptMessage]) -> list[str | None]:
    return [message.media.kind if message.media else None for message in messages]


@pytest.mark.parametrize(
    ("kind", "content", "taken"),
    [
        ("video", SILENT, "animation"),
        ("animation", LOUD, "video"),
        ("video_note", LOUD, "video"),
        ("sticker", WEBM, "document"),
        ("sticker", png(), "document"),
    ],
)
async def test_a_file_of_another_kind_is_uploaded_once(
    gallery: Gallery, kind: MediaKind, content: bytes, taken: MediaKind
) -> None:
    asset = await gallery.library.add(kind, content, "a.file")
    caption = "<b>look</b>" if kind in CAPTIONED else ""
    media = Media(kind, asset.sha256, caption, above=True, spoiler=True)
    assert await gallery.send(media) == Sent((2,), (kind, taken))
    prepared = await gallery.prepare(media)
    assert isinstance(prepared, Prepared)
    assert (prepared.files[asset].kind, prepared.uploads) == (taken, {})
    assert await gallery.send(media) == Sent((3,), (kind, taken))
    messages = await gallery.messages()
    assert shows(messages) == [taken] * 2
    assert [message.text for message in messages] == ["look" if caption else None] * 2
    assert await gallery.sender.replace(gallery.speaker, gallery.person, 3, "later", media) == Sent((3,))
    assert (await gallery.people.violations()).listed == []


async def test_a_document_that_looks_like_an_animation_stays_a_document(gallery: Gallery) -> None:
    asset = await gallery.library.add("document", SILENT, "a.mp4")
    assert [await gallery.send(Media("document", asset.sha256)) for _ in range(2)] == [Sent((2,)), Sent((3,))]
    assert shows(await gallery.messages()) == ["document"] * 2


async def test_an_album_never_gets_a_kind_that_telegram_does_not_mix(gallery: Gallery) -> None:
    """It uploads what became an animation once more, and both ways of sending it work from then on."""
    film = await gallery.library.add("video", SILENT, "a.mp4")
    photo = await gallery.library.add("photo", png(), "a.png")
    alone = Media("video", film.sha256)
    album = Album((Item("photo", photo.sha256), Item("video", film.sha256)))
    assert await gallery.send(alone) == Sent((2,), ("video", "animation"))
    assert await gallery.send(album) == Sent((3, 4))
    prepared = await gallery.prepare(album)
    assert isinstance(prepared, Prepared)
    assert prepared.uploads == {}
    assert await gallery.send(album) == Sent((5, 6))
    assert await gallery.send(alone) == Sent((7,))
    assert shows(await gallery.messages()) == ["animation", "photo", "video", "photo", "video", "video"]


async def test_a_text_changes_into_nothing(gallery: Gallery) -> None:
    assert await gallery.send(Text("hello")) == Sent((2,))
