"""What a bot asked about a chat and what it was answered, as it is read beside the chat."""

import json
from typing import Any

import aiohttp

from bench.sandbox import Sandbox, SandboxClient
from tests.sandbox.caller import Caller, upload


async def listed(sandbox: Sandbox, person: int) -> list[dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{sandbox.control_url}/exchanges/shop_bot/{person}") as answer,
    ):
        found: list[dict[str, Any]] = await answer.json()
        return found


async def test_requests_and_answers_are_listed_the_newest_first(sandbox: Sandbox, bot: Caller, person: int) -> None:
    await bot("sendMessage", chat_id=person, text="Oi")
    await bot("sendMessage", chat_id=person, text="<b>", parse_mode="HTML")
    await upload(bot, "sendVoice", chat_id=person, voice=("oi.ogg", b"OggS"))
    await bot("getMe")
    me, voice, refused, sent = await listed(sandbox, person)
    assert [one["method"] for one in (me, voice, refused, sent)] == ["getMe", "sendVoice", "sendMessage", "sendMessage"]
    assert sent["request"] == {"chat_id": person, "text": "Oi"} | sent["request"]
    assert json.loads(sent["answer"])["result"]["text"] == "Oi"
    assert (sent["status"], refused["status"]) == (200, 400)
    assert "can't parse entities" in refused["answer"]
    assert voice["request"]["voice"] == "oi.ogg"


async def test_what_concerns_others_and_empty_polls_are_left_out(
    sandbox: Sandbox, client: SandboxClient, bot: Caller, person: int
) -> None:
    (other,) = await client.add_people(1)
    await client.start("shop_bot", other.id)
    await bot("sendMessage", chat_id=other.id, text="Not for this chat")
    (update, *_) = (await bot("getUpdates", offset=-1)).result
    await bot("getUpdates", offset=update["update_id"] + 1)
    assert [one["method"] for one in await listed(sandbox, person)] == ["getUpdates"]


async def test_a_reset_forgets_them(sandbox: Sandbox, client: SandboxClient, bot: Caller, person: int) -> None:
    await bot("sendMessage", chat_id=person, text="Oi")
    await client.reset()
    (again,) = await client.add_people(1)
    assert await listed(sandbox, again.id) == []
