"""Every kind of message arrives as it was composed, first with its bytes, then by its file id."""

from typing import Final

import pytest

from bench.sandbox.protocol import LimitRules, TranscriptMessage
from engine.core.content.model import (
    Album,
    Asset,
    Buttons,
    CopyButton,
    Effects,
    Item,
    Media,
    MediaKind,
    Poll,
    Preview,
    StartButton,
    StopButton,
    Text,
    UrlButton,
)
from engine.core.delivery.outcome import Rejected, Sent
from engine.telegram.actions import action_of
from engine.telegram.sender import Prepared
from tests.sandbox.pictures import FILM, GIF, SOUND, WEBP, png
from tests.telegram.conftest import BOT, PLAIN, Gallery

BYTES: Final[dict[MediaKind, tuple[bytes, str]]] = {
    "photo": (png(), "a.png"),
    "video": (FILM, "a.mp4"),
    "animation": (GIF, "a.gif"),
    "audio": (SOUND, "a.mp3"),
    "voice": (SOUND, "a.ogg"),
    "video_note": (FILM, "a.mp4"),
    "document": (b"paper", "a.pdf"),
    "sticker": (WEBP, "a.webp"),
}
CAPTIONED: Final = {"photo", "video", "animation", "audio", "voice", "document"}
COVERABLE: Final = {"photo", "video", "animation"}
BUTTONS: Final[Buttons] = (
    (UrlButton("shop", "https://example.com/a", style="success"), StartButton("start", "from-reminder")),
    (CopyButton("copy", "CODE10"), StopButton("stop", style="danger")),
)
KEYBOARD: Final = {
    "inline_keyboard": [
        [
            {"text": "shop", "url": "https://example.com/a", "style": "success"},
            {"text": "start", "url": "https://t.me/shop_bot?start=from-reminder"},
        ],
        [
            {"text": "copy", "copy_text": {"text": "CODE10"}},
            {"text": "stop", "callback_data": "recovery:stop", "style": "danger"},
        ],
    ]
}


async def media_of(gallery: Gallery, kind: MediaKind) -> Media:
    asset = await gallery.library.add(kind, *BYTES[kind])
    return Media(kind, asset.sha256, "<b>look</b>", above=True, spoiler=True, buttons=BUTTONS)


def media_kind(message: TranscriptMessage) -> str | None:
    return message.media.kind if message.media else None


@pytest.mark.parametrize("kind", BYTES)
async def test_a_file_of_every_kind_arrives_by_its_bytes_and_then_by_its_name(
    gallery: Gallery, kind: MediaKind
) -> None:
    content = await media_of(gallery, kind)
    assert [await gallery.send(content) for _ in range(2)] == [Sent((2,)), Sent((3,))]
    for message in await gallery.messages():
        assert media_kind(message) == kind
        assert message.text == ("look" if kind in CAPTIONED else None)
        assert message.entities == ([{"type": "bold", "offset": 0, "length": 4}] if kind in CAPTIONED else [])
        assert message.caption_above is (kind in COVERABLE)
        assert message.media
        assert message.media.spoiler is (kind in COVERABLE)
        assert message.reply_markup == KEYBOARD
    assert list(await gallery.library.file_ids()) == [kind]


async def test_a_text_arrives_with_its_buttons(gallery: Gallery) -> None:
    await gallery.send(Text("<b>hello</b>", buttons=BUTTONS))
    (message,) = await gallery.messages()
    assert (message.text, message.reply_markup) == ("hello", KEYBOARD)


@pytest.mark.parametrize(
    ("preview", "options"),
    [
        ("auto", None),
        ("off", {"is_disabled": True}),
        ("small", {"prefer_small_media": True}),
        ("large", {"prefer_large_media": True}),
        ("above", {"show_above_text": True}),
    ],
)
async def test_a_text_sets_how_its_link_is_shown(gallery: Gallery, preview: Preview, options: object) -> None:
    await gallery.send(Text("https://example.com", preview))
    assert (await gallery.messages())[0].link_preview == options


async def test_a_message_goes_out_as_its_effects_say(gallery: Gallery) -> None:
    loud = Effects()
    quiet = Effects(silent=True, protect=True, message_effect="5104841245755180586")
    photo = await media_of(gallery, "photo")
    for effects in (loud, quiet):
        await gallery.send(Text("hello"), effects)
        await gallery.send(photo, effects)
        await gallery.send(Poll("which", ("one", "two")), effects)
        await gallery.send(Album((Item("photo", photo.sha256),) * 2), effects)
    sent = [(message.silent, message.protected, message.effect_id) for message in await gallery.messages()]
    assert sent == [(False, False, None)] * 5 + [(True, True, "5104841245755180586")] * 5


async def test_an_album_arrives_as_one_and_is_sent_by_name_the_second_time(gallery: Gallery) -> None:
    photo, video = await media_of(gallery, "photo"), await media_of(gallery, "video")
    items = (Item("photo", photo.sha256, "<i>first</i>", spoiler=True), Item("video", video.sha256, "second"))
    assert await gallery.send(Album(items, above=True)) == Sent((2, 3))
    assert set(await gallery.library.file_ids()) == {"photo", "video"}
    assert await gallery.send(Album(items, above=True)) == Sent((4, 5))
    sent = await gallery.messages()
    assert [media_kind(message) for message in sent] == ["photo", "video"] * 2
    assert [(message.text, message.caption_above) for message in sent] == [("first", True), ("second", True)] * 2
    assert [message.media and message.media.spoiler for message in sent] == [True, False] * 2
    assert len({message.album for message in sent}) == 2


async def test_an_album_uploads_only_what_the_bot_has_not_sent_before(gallery: Gallery) -> None:
    photo, video = await media_of(gallery, "photo"), await media_of(gallery, "video")
    await gallery.send(photo)
    album = Album((Item("photo", photo.sha256), Item("video", video.sha256)))
    prepared = await gallery.prepare(album)
    assert isinstance(prepared, Prepared)
    assert list(prepared.files) == [Asset("photo", photo.sha256)]
    assert list(prepared.uploads) == [Asset("video", video.sha256)]
    assert await gallery.sender.send(gallery.speaker, gallery.person, prepared, PLAIN, 1) == Sent((3, 4))


async def test_a_poll_asks_its_question(gallery: Gallery) -> None:
    await gallery.send(Poll("which <one>", ("a & b", "c"), multiple=True, anonymous=False, buttons=BUTTONS))
    (message,) = await gallery.messages()
    assert message.media
    poll = message.media.poll
    assert poll
    assert (poll["question"], [option["text"] for option in poll["options"]]) == ("which <one>", ["a & b", "c"])
    assert (poll["type"], poll["allows_multiple_answers"], poll["is_anonymous"]) == ("regular", True, False)
    assert message.reply_markup == KEYBOARD


async def test_a_quiz_knows_what_is_right_and_says_why(gallery: Gallery) -> None:
    await gallery.send(Poll("which", ("a", "b"), correct=1, explanation="because"))
    (message,) = await gallery.messages()
    assert message.media
    poll = message.media.poll
    assert poll
    assert (poll["type"], poll["correct_option_ids"], poll["explanation"]) == ("quiz", [1], "because")


async def test_a_bot_whose_owner_pays_uses_the_paid_broadcast(gallery: Gallery) -> None:
    """Only with that the sandbox lets it write faster than the free pace."""
    await gallery.people.set_limits(LimitRules(bot_per_second=1, chat_per_second=None, absorb_ms=0))
    gallery.speaker = gallery.speaker._replace(paid_broadcast=True)
    assert [type(await gallery.send(Text("hello"))) for _ in range(3)] == [Sent] * 3


async def test_kinds_that_do_not_mix_are_rejected_together(gallery: Gallery) -> None:
    photo, paper = await media_of(gallery, "photo"), await media_of(gallery, "document")
    outcome = await gallery.send(Album((Item("photo", photo.sha256), Item("document", paper.sha256))))
    assert isinstance(outcome, Rejected)
    assert await gallery.messages() == []


async def test_the_chat_shows_what_is_on_its_way(gallery: Gallery) -> None:
    shown = {kind: action_of(Media(kind, "")) for kind in BYTES}
    assert shown["voice"] == "record_voice"
    assert action_of(Album((Item("video", ""),))) == "upload_video"
    assert action_of(Poll("which", ("a",))) == action_of(Text("hello")) == "typing"
    for action in {*shown.values(), "typing"}:
        await gallery.sender.act(gallery.speaker, gallery.person, action)
        assert (await gallery.people.transcript(BOT, gallery.person)).chat_action == action
