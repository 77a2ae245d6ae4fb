"""Files that people send, and the bytes that the control port shows."""

from typing import Any

import aiohttp
import pytest
from aiogram import Bot
from aiogram.types import Update

from bench.sandbox import ControlFailedError, Sandbox, SandboxClient
from bench.sandbox.protocol import Act
from tests.sandbox.caller import Caller, upload
from tests.sandbox.pictures import BMP, GIF, JPEG, SOUND, WEBP, png


async def newest(bot: Caller) -> dict[str, Any]:
    (update,) = (await bot("getUpdates", offset=-1)).result
    found: dict[str, Any] = update["message"]
    return found


@pytest.mark.parametrize("kind", ["photo", "video", "animation", "audio", "voice", "video_note", "document", "sticker"])
async def test_aiogram_reads_every_kind_of_media(bot: Caller, client: SandboxClient, person: int, kind: str) -> None:
    act = await client.send(kind, "shop_bot", person, caption="look")
    (update,) = (await bot("getUpdates", offset=-1)).result
    message = Update.model_validate(update, context={"bot": Bot("1:x")}).message
    assert message is not None
    assert (message.content_type, message.message_id, message.caption) == (kind, act.message_id, "look")


@pytest.mark.parametrize(
    ("picture", "sides"),
    [(png(64, 48), (64, 48)), (JPEG, (400, 300)), (GIF, (120, 90)), (WEBP, (512, 512)), (BMP, (10, 20))],
    ids=["png", "jpeg", "gif", "webp", "bmp"],
)
async def test_a_photo_of_a_person_can_be_downloaded_and_sent_on(
    bot: Caller, client: SandboxClient, sandbox: Sandbox, person: int, picture: bytes, sides: tuple[int, int]
) -> None:
    await client.send("photo", "shop_bot", person, picture, "p.png")
    size = (await newest(bot))["photo"][-1]
    assert (size["width"], size["height"]) == sides
    path = (await bot("getFile", file_id=size["file_id"])).result["file_path"]
    async with bot.session.get(f"{sandbox.api_url}/file/bot{bot.bot.token}/{path}") as answer:
        assert await answer.read() == picture
    assert (await bot("sendPhoto", chat_id=person, photo=size["file_id"])).result["photo"][-1] == size


async def test_an_album_of_a_person_has_one_group_id(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.act(
        [Act("send_photo", "shop_bot", person, album="7"), Act("send_video", "shop_bot", person, album="7")]
    )
    updates = (await bot("getUpdates", offset=-2)).result
    assert [update["message"]["media_group_id"] for update in updates] == ["7", "7"]


async def test_an_unreadable_picture_cannot_be_sent_as_a_photo(client: SandboxClient, person: int) -> None:
    with pytest.raises(ControlFailedError, match="not a picture"):
        await client.send("photo", "shop_bot", person, b"words")
    with pytest.raises(ControlFailedError, match="at most 1024"):
        await client.send("document", "shop_bot", person, b"words", caption="x" * 1025)
    await client.block("shop_bot", person)
    with pytest.raises(ControlFailedError, match="blocked"):
        await client.send("photo", "shop_bot", person)


async def test_the_page_gets_the_bytes_and_parts_of_them(
    bot: Caller, client: SandboxClient, sandbox: Sandbox, person: int
) -> None:
    sent = (await upload(bot, "sendVoice", chat_id=person, voice=("v.ogg", SOUND))).result["voice"]
    assert await client.media(sent["file_unique_id"]) == SOUND
    url = f"{sandbox.control_url}/media/{sent['file_unique_id']}"
    async with bot.session.get(url, headers={"Range": "bytes=2-5"}) as answer:
        assert (answer.status, await answer.read()) == (206, SOUND[2:6])
        assert answer.headers["Content-Range"] == f"bytes 2-5/{len(SOUND)}"
        assert answer.content_type == "audio/ogg"
    with pytest.raises(ControlFailedError, match="not here"):
        await client.media("nothing")


async def test_a_page_sent_as_a_file_can_only_be_saved(
    bot: Caller, sandbox: Sandbox, person: int, session: aiohttp.ClientSession
) -> None:
    for name in ("x.html", "x.svg"):
        sent = (await upload(bot, "sendDocument", chat_id=person, document=(name, b"<script>"))).result["document"]
        async with session.get(f"{sandbox.control_url}/media/{sent['file_unique_id']}") as answer:
            assert answer.content_type == "application/octet-stream"
            assert answer.headers["Content-Disposition"] == "attachment"
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_a_browser_may_attach_big_files_but_send_only_short_texts(
    sandbox: Sandbox, person: int, session: aiohttp.ClientSession
) -> None:
    headers, big = {"Origin": sandbox.control_url}, png(filler=100_000)
    words = {"bot": "shop_bot", "person": str(person), "name": "p.png", "caption": "c"}
    async with session.post(f"{sandbox.control_url}/acts/photo", params=words, data=big, headers=headers) as answer:
        assert (answer.status, "error" in await answer.json()) == (200, False)
    async with session.post(f"{sandbox.control_url}/acts", data=big, headers=headers) as answer:
        assert answer.status == 413
