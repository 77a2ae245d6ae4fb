"""What a file becomes: Telegram looks into it, and answers with the kind that it is."""

from typing import Any, Final

import pytest

from bench.sandbox.world.files import Kind
from bench.sandbox.world.film import Film, read_film
from bench.sandbox.world.samples import sample
from tests.sandbox.caller import Caller, upload
from tests.sandbox.pictures import FILM, GIF, WEBP, png

LOUD: Final = sample(Kind.VIDEO).data
SILENT: Final = sample(Kind.ANIMATION).data
ROUND: Final = sample(Kind.VIDEO_NOTE).data
WEBM: Final = b"\x1a\x45\xdf\xa3" + b"webm" * 9
KINDS: Final = {kind.value for kind in Kind}


def shown(message: dict[str, Any]) -> set[str]:
    return KINDS & message.keys()


@pytest.mark.parametrize(
    ("method", "content", "kinds"),
    [
        ("sendVideo", LOUD, {"video"}),
        ("sendVideo", SILENT, {"animation", "document"}),
        ("sendVideo", FILM, {"video"}),
        ("sendAnimation", SILENT, {"animation", "document"}),
        ("sendAnimation", LOUD, {"video"}),
        ("sendAnimation", GIF, {"animation", "document"}),
        ("sendVideoNote", ROUND, {"video_note"}),
        ("sendVideoNote", LOUD, {"video"}),
        ("sendSticker", WEBP, {"sticker"}),
        ("sendSticker", WEBM, {"document"}),
        ("sendSticker", png(), {"document"}),
        ("sendDocument", GIF, {"animation", "document"}),
        ("sendDocument", LOUD, {"video"}),
        ("sendDocument", SILENT, {"animation", "document"}),
        ("sendDocument", b"paper", {"document"}),
    ],
)
async def test_the_bytes_decide_what_a_file_becomes(
    bot: Caller, person: int, method: str, content: bytes, kinds: set[str]
) -> None:
    field = {"sendVideoNote": "video_note"}.get(method, method.removeprefix("send").lower())
    assert shown((await upload(bot, method, chat_id=person, **{field: content})).result) == kinds


@pytest.mark.parametrize("content", [GIF, LOUD, SILENT])
async def test_a_document_may_ask_to_stay_one(bot: Caller, person: int, content: bytes) -> None:
    given = {"document": content, "disable_content_type_detection": True}
    assert shown((await upload(bot, "sendDocument", chat_id=person, **given)).result) == {"document"}


async def test_in_an_album_a_file_stays_what_it_is_sent_as(bot: Caller, person: int) -> None:
    """The id is then good for both ways of sending a video."""
    items = [{"type": "video", "media": "attach://one"}, {"type": "photo", "media": "attach://two"}]
    sent = (await upload(bot, "sendMediaGroup", chat_id=person, media=items, one=SILENT, two=png())).result
    assert [shown(message) for message in sent] == [{"video"}, {"photo"}]
    again = await bot("sendVideo", chat_id=person, video=sent[0]["video"]["file_id"])
    assert shown(again.result) == {"video"}


async def test_an_id_that_became_an_animation_is_none_of_a_video(bot: Caller, person: int) -> None:
    file_id = (await upload(bot, "sendVideo", chat_id=person, video=SILENT)).result["animation"]["file_id"]
    refused = await bot("sendVideo", chat_id=person, video=file_id)
    assert refused.refusal == (400, "Bad Request: can't use file of type Animation as Video")
    items = [{"type": "video", "media": file_id}, {"type": "video", "media": file_id}]
    assert (await bot("sendMediaGroup", chat_id=person, media=items)).refusal == refused.refusal
    assert shown((await bot("sendAnimation", chat_id=person, animation=file_id)).result) == {"animation", "document"}


async def test_a_film_brings_its_own_sides(bot: Caller, person: int) -> None:
    video = (await upload(bot, "sendVideo", chat_id=person, video=LOUD)).result["video"]
    assert (video["width"], video["height"]) == (320, 240)


@pytest.mark.parametrize(
    ("content", "film"),
    [
        (LOUD, Film(has_sound=True, width=320, height=240)),
        (SILENT, Film(has_sound=False, width=320, height=240)),
        (ROUND, Film(has_sound=True, width=240, height=240)),
        (FILM, None),
        (b"", None),
        (b"\0\0\0\x08moov", Film(has_sound=False, width=0, height=0)),
        (b"\0\0\0\x00moov" * 5_000, Film(has_sound=False, width=0, height=0)),
        (b"\0\0\0\x01moov\xff" + bytes(8), None),
    ],
)
def test_the_tracks_of_a_film_are_read_from_its_boxes(content: bytes, film: Film | None) -> None:
    assert read_film(content) == film
