"""Media of every kind, up and down: by aiogram and by bare HTTP, by upload and by id."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BufferedInputFile, Message

from bench.sandbox import ControlFailedError, Sandbox, SandboxClient
from tests.sandbox.caller import Caller, reply, upload
from tests.sandbox.pictures import FILM, GIF, SOUND, WEBP, png

PICTURE = png()
Sender = Callable[[Bot, int, Any], Awaitable[Message]]


@pytest.fixture
async def aiogram(sandbox: Sandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.api_url))
    async with Bot(sandbox.bots[0].token, session=session) as bot:
        yield bot


KINDS: dict[str, tuple[bytes, str, Sender]] = {
    "photo": (PICTURE, "a.png", lambda bot, chat, file: bot.send_photo(chat, file, caption="c")),
    "video": (FILM, "a.mp4", lambda bot, chat, file: bot.send_video(chat, file, width=320, height=200, duration=3)),
    "animation": (GIF, "a.gif", lambda bot, chat, file: bot.send_animation(chat, file)),
    "audio": (SOUND, "a.mp3", lambda bot, chat, file: bot.send_audio(chat, file, title="T", performer="P")),
    "voice": (SOUND, "a.ogg", lambda bot, chat, file: bot.send_voice(chat, file, duration=2)),
    "video_note": (FILM, "a.mp4", lambda bot, chat, file: bot.send_video_note(chat, file, length=200)),
    "document": (b"%PDF", "a.pdf", lambda bot, chat, file: bot.send_document(chat, file)),
    "sticker": (WEBP, "a.webp", lambda bot, chat, file: bot.send_sticker(chat, file, emoji="😀")),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_goes_up_comes_down_and_goes_out_again_by_its_id(
    aiogram: Bot, client: SandboxClient, person: int, kind: str
) -> None:
    content, name, send = KINDS[kind]
    sent = await send(aiogram, person, BufferedInputFile(content, name))
    seen = getattr(sent, kind)
    media = seen[-1] if kind == "photo" else seen
    assert media.file_size == len(content)
    found = await aiogram.download(media)
    assert found is not None
    assert found.read() == content
    again = getattr(await send(aiogram, person, media.file_id), kind)
    assert again == seen
    told = (await client.transcript("shop_bot", person)).messages[-1].media
    assert told is not None
    assert (told.kind, told.file_unique_id, told.size) == (kind, media.file_unique_id, len(content))


async def test_a_photo_has_several_sizes_of_one_picture(aiogram: Bot, person: int) -> None:
    sent = await aiogram.send_photo(person, BufferedInputFile(PICTURE, "a.png"), has_spoiler=True)
    assert sent.photo is not None
    assert [(size.width, size.height) for size in sent.photo] == [(90, 68), (320, 240), (640, 480)]
    assert len({size.file_unique_id for size in sent.photo}) == 3
    assert sent.has_media_spoiler
    smallest = await aiogram.send_photo(person, sent.photo[0].file_id)
    assert smallest.photo == sent.photo


async def test_the_attributes_that_a_sender_gives_a_film_stay(aiogram: Bot, person: int) -> None:
    thumbnail = BufferedInputFile(png(32, 18), "t.png")
    sent = await aiogram.send_video(
        person, BufferedInputFile(FILM, "my film.mp4"), width=1280, height=720, duration=9, thumbnail=thumbnail
    )
    assert sent.video is not None
    assert (sent.video.width, sent.video.height, sent.video.duration) == (1280, 720, 9)
    assert (sent.video.file_name, sent.video.mime_type) == ("my film.mp4", "video/mp4")
    assert sent.video.thumbnail is not None
    assert (sent.video.thumbnail.width, sent.video.thumbnail.height) == (32, 18)
    small = await aiogram.download(sent.video.thumbnail)
    assert small is not None
    assert small.read() == png(32, 18)


async def test_a_thumbnail_that_is_too_big_or_invalid_is_left_out(bot: Caller, person: int) -> None:
    for thumbnail in (png(filler=204_799), b"no picture"):
        fields = {"document": b"x", "thumbnail": "attach://small", "small": thumbnail}
        sent = (await upload(bot, "sendDocument", chat_id=person, **fields)).result
        assert "thumbnail" not in sent["document"]


async def test_the_record_and_the_counters_see_what_was_sent(bot: Caller, client: SandboxClient, person: int) -> None:
    for photo in (png(10, 10), png(20, 20), png(10, 10)):
        await upload(bot, "sendPhoto", chat_id=person, photo=photo, caption="look")
    assert (await client.counters()).duplicates == 1
    assert [row.text for row in (await client.record()).rows] == ["look"] * 3


async def test_a_reset_forgets_files(bot: Caller, client: SandboxClient, person: int) -> None:
    sent = (await upload(bot, "sendDocument", chat_id=person, document=b"x")).result["document"]
    await client.reset()
    with pytest.raises(ControlFailedError, match="not here"):
        await client.media(sent["file_unique_id"])
    assert (await bot("getFile", file_id=sent["file_id"])).refusal == (400, "Bad Request: invalid file_id")


async def test_a_caption_is_read_like_a_text(bot: Caller, client: SandboxClient, person: int) -> None:
    words = {"caption": "<b>Oi</b> & tchau", "parse_mode": "HTML", "show_caption_above_media": True}
    sent = (await upload(bot, "sendPhoto", chat_id=person, photo=PICTURE, **words)).result
    assert sent["caption"] == "Oi & tchau"
    assert sent["caption_entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    assert sent["show_caption_above_media"] is True
    told = (await client.transcript("shop_bot", person)).messages[-1]
    assert (told.text, told.caption, told.caption_above) == ("Oi & tchau", True, True)
    assert told.entities == sent["caption_entities"]


async def test_a_file_may_be_in_its_own_part_or_attached(bot: Caller, person: int) -> None:
    own = (await upload(bot, "sendDocument", chat_id=person, document=("own.txt", b"own"))).result
    assert own["document"]["file_name"] == "own.txt"
    attached = {"document": "attach://x", "x": ("x.txt", b"attached")}
    sent = (await upload(bot, "sendDocument", chat_id=person, **attached)).result
    assert (sent["document"]["mime_type"], sent["document"]["file_size"]) == ("text/plain", 8)


async def test_an_id_may_come_by_form_json_or_query(bot: Caller, person: int) -> None:
    file_id = (await upload(bot, "sendAudio", chat_id=person, audio=SOUND)).result["audio"]["file_id"]
    given = {"chat_id": str(person), "audio": file_id}
    ways: tuple[dict[str, Any], ...] = ({"data": given}, {"json": given}, {"params": given})
    for carried in ways:
        async with bot.session.post(f"{bot.url}/sendAudio", **carried) as answer:
            assert (await reply(answer)).result["audio"]["file_id"] == file_id


async def test_one_file_has_one_unique_id_and_an_id_for_each_bot(
    bot: Caller, client: SandboxClient, sandbox: Sandbox, person: int
) -> None:
    await client.start("course_bot", person)
    other = Caller(bot.session, sandbox.api_url, sandbox.bots[1])
    seen = []
    for caller in (bot, other):
        sent = await upload(caller, "sendDocument", chat_id=person, document=b"shared")
        seen.append(sent.result["document"])
    assert seen[0]["file_unique_id"] == seen[1]["file_unique_id"]
    assert seen[0]["file_id"] != seen[1]["file_id"]
    refused = await other("sendDocument", chat_id=person, document=seen[0]["file_id"])
    assert refused.refusal == (400, "Bad Request: wrong file identifier/HTTP URL specified")
    gone = await other("getFile", file_id=seen[0]["file_id"])
    assert gone.refusal == (400, "Bad Request: wrong file_id or the file is temporarily unavailable")


async def test_entities_may_be_listed_beside_the_text(bot: Caller, person: int) -> None:
    listed = [{"type": "italic", "offset": 4, "length": 3}, {"type": "mention", "offset": 0, "length": 3}]
    sent = await bot("sendMessage", chat_id=person, text=" 😀 abc ", entities=listed)
    assert sent.result["text"] == "😀 abc"
    assert sent.result["entities"] == [{"type": "italic", "offset": 3, "length": 3}]


async def test_options_are_in_the_message_and_in_the_transcript(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    sent = await bot(
        "sendMessage",
        chat_id=person,
        text="x",
        protect_content=True,
        disable_notification=True,
        message_effect_id="5104841245755180586",
        link_preview_options={"is_disabled": True},
        reply_parameters={"message_id": 1},
    )
    assert sent.result["has_protected_content"] is True
    assert sent.result["reply_to_message"]["text"] == "/start"
    told = (await client.transcript("shop_bot", person)).messages[-1]
    assert (told.protected, told.silent, told.effect_id) == (True, True, "5104841245755180586")
    assert (told.link_preview, told.reply_to) == ({"is_disabled": True}, 1)


async def test_a_reply_needs_what_it_replies_to(bot: Caller, person: int) -> None:
    refused = await bot("sendMessage", chat_id=person, text="x", reply_parameters={"message_id": 99})
    assert refused.refusal == (400, "Bad Request: message to be replied not found")
    anyway = {"message_id": 99, "allow_sending_without_reply": True}
    sent = await bot("sendMessage", chat_id=person, text="x", reply_parameters=anyway)
    assert "reply_to_message" not in sent.result
