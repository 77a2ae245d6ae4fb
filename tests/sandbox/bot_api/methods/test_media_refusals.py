"""Telegram's refusals of files, to the letter."""

from typing import Any

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.bot_api.uploads import Upload
from bench.sandbox.errors import ApiError
from bench.sandbox.protocol import Fault, FaultKind
from bench.sandbox.world.files import Content, File, FileStore, Kind
from tests.sandbox.caller import Caller, upload
from tests.sandbox.hall import PERSON, Hall
from tests.sandbox.pictures import SOUND, png

MEGABYTE = 1024 * 1024
TEN_AND_MORE = png(filler=10 * MEGABYTE)


@pytest.mark.parametrize(
    ("method", "fields", "description"),
    [
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendVideoNote", {}, "there is no video note in the request"),
        ("sendPhoto", {"photo": "attach://nothing"}, "there is no photo in the request"),
        ("sendPhoto", {"photo": "https://example.com/a.png"}, "failed to get HTTP URL content"),
        (
            "sendPhoto",
            {"photo": "ftp://example.com/a.png"},
            "invalid file HTTP URL specified: Unsupported URL protocol",
        ),
        ("sendPhoto", {"photo": "n o"}, "wrong remote file identifier specified: Wrong character in the string"),
        ("sendPhoto", {"photo": "abcde"}, "wrong remote file identifier specified: Wrong string length"),
        ("sendPhoto", {"photo": "AgACAgIAAxkB"}, "wrong file identifier/HTTP URL specified"),
        ("sendPhoto", {"photo": b""}, "file must be non-empty"),
        ("sendPhoto", {"photo": b"no picture"}, "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", {"photo": png(1, 21)}, "PHOTO_INVALID_DIMENSIONS"),
        ("sendPhoto", {"photo": png(9000, 1001)}, "PHOTO_INVALID_DIMENSIONS"),
        (
            "sendPhoto",
            {"photo": TEN_AND_MORE},
            f"file of size {len(TEN_AND_MORE)} bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
        ("sendPhoto", {"photo": png(), "caption": "x" * 1025}, "message caption is too long"),
        (
            "sendDocument",
            {"document": b"x", "caption": "<x>", "parse_mode": "HTML"},
            'can\'t parse entities: Unsupported start tag "x" at byte offset 0',
        ),
        ("sendDocument", {"document": b"x", "caption_entities": "{"}, "can't parse entities JSON object"),
        ("getFile", {}, "file_id not specified"),
        ("getFile", {"file_id": "nonsense"}, "invalid file_id"),
    ],
)
async def test_a_file_is_refused_in_the_servers_words(
    bot: Caller, person: int, method: str, fields: dict[str, Any], description: str
) -> None:
    refused = await upload(bot, method, chat_id=person, **fields)
    assert refused.refusal == (400, f"Bad Request: {description}")


async def test_a_caption_may_be_as_long_as_telegram_says_after_its_tags_are_read(bot: Caller, person: int) -> None:
    words = {"caption": f"<b>{'é' * 1024}</b>", "parse_mode": "HTML"}
    sent = await upload(bot, "sendVoice", chat_id=person, voice=SOUND, **words)
    assert len(sent.result["caption"]) == 1024


@pytest.mark.parametrize(
    ("sent_as", "wanted", "description"),
    [
        ("photo", "video", "can't use file of type Photo as Video"),
        ("voice", "audio", "can't use file of type VoiceNote as Audio"),
        ("document", "photo", "can't use file of type Document as Photo"),
    ],
)
async def test_an_id_is_bound_to_its_kind(
    bot: Caller, person: int, sent_as: str, wanted: str, description: str
) -> None:
    sent = (await upload(bot, f"send{sent_as}", chat_id=person, **{sent_as: png()})).result[sent_as]
    file_id = sent[-1]["file_id"] if sent_as == "photo" else sent["file_id"]
    refused = await bot(f"send{wanted}", chat_id=person, **{wanted: file_id})
    assert refused.refusal == (400, f"Bad Request: {description}")


async def test_nothing_is_sent_to_people_who_blocked_the_bot(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.block("shop_bot", person)
    refused = await upload(bot, "sendPhoto", chat_id=person, photo=b"no picture")
    assert refused.refusal == (403, "Forbidden: bot was blocked by the user")
    empty = await upload(bot, "sendPhoto", chat_id=person, photo=b"")
    assert empty.refusal == (400, "Bad Request: file must be non-empty")


async def test_fifty_megabytes_go_up_and_more_do_not(bot: Caller, person: int) -> None:
    sent = await upload(bot, "sendDocument", chat_id=person, document=bytes(50 * MEGABYTE))
    assert sent.result["document"]["file_size"] == 50 * MEGABYTE
    refused = await bot("getFile", file_id=sent.result["document"]["file_id"])
    assert refused.refusal == (400, "Bad Request: file is too big")
    too_big = await upload(bot, "sendDocument", chat_id=person, document=bytes(50 * MEGABYTE + 1))
    assert too_big.refusal == (413, "Request Entity Too Large")


async def test_twenty_megabytes_come_down(bot: Caller, sandbox: Sandbox, person: int) -> None:
    content = bytes(20 * MEGABYTE)
    sent = (await upload(bot, "sendDocument", chat_id=person, document=content)).result
    file = (await bot("getFile", file_id=sent["document"]["file_id"])).result
    async with bot.session.get(f"{sandbox.api_url}/file/bot{bot.bot.token}/{file['file_path']}") as answer:
        assert (answer.status, await answer.read() == content) == (200, True)
    async with bot.session.get(f"{sandbox.api_url}/file/bot{sandbox.bots[1].token}/{file['file_path']}") as answer:
        assert answer.status == 404


async def test_faults_strike_downloads(bot: Caller, client: SandboxClient, sandbox: Sandbox, person: int) -> None:
    sent = (await upload(bot, "sendDocument", chat_id=person, document=b"x")).result
    path = (await bot("getFile", file_id=sent["document"]["file_id"])).result["file_path"]
    await client.set_fault(Fault(FaultKind.BAD_GATEWAY, method="/file", count=1))
    for status in (502, 200):
        async with bot.session.get(f"{sandbox.api_url}/file/bot{bot.bot.token}/{path}") as answer:
            assert answer.status == status


@pytest.mark.parametrize("path", ["", "/", "/documents/file_0.txt", "/../x"])
async def test_a_path_that_was_not_given_out_is_not_found(
    session: aiohttp.ClientSession, sandbox: Sandbox, path: str
) -> None:
    async with session.get(f"{sandbox.api_url}/file/bot{sandbox.bots[0].token}{path}") as answer:
        assert (answer.status, (await answer.json())["description"]) == (404, "Not Found")


def test_the_oldest_bytes_are_dropped_and_come_back_with_the_next_upload() -> None:
    store = FileStore(most_bytes=10)
    first, second = (store.keep(_document(content)) for content in (b"123456", b"abcdef"))
    assert (first.content.data, second.content.data) == (None, b"abcdef")
    assert first.content.size == 6
    again = store.keep(_document(b"123456"))
    assert again is first
    assert (first.content.data, second.content.data) == (b"123456", None)


def test_the_same_bytes_are_kept_once() -> None:
    store = FileStore(most_bytes=10)
    one, other = (store.keep(_document(b"123456", name)) for name in ("a", "b"))
    assert one.content is other.content
    assert store.kept_bytes == 6


def test_dropped_bytes_cannot_be_downloaded_and_can_still_be_sent() -> None:
    hall = Hall()
    hall.state.files.most_bytes = 1
    two_bytes = Upload("a.txt", "", Content.of(b"12"))
    sent = hall.call("sendDocument", chat_id=PERSON, document=two_bytes).document.file_id
    with pytest.raises(ApiError, match="wrong file_id or the file is temporarily unavailable"):
        hall.call("getFile", file_id=sent)
    assert hall.call("sendDocument", chat_id=PERSON, document=sent).document.file_id == sent


def _document(content: bytes, name: str = "a") -> File:
    return File(Kind.DOCUMENT, Content.of(content), "text/plain", name)
