"""A method in the answer to a webhook: it is served like any call, and the bot gets no result."""

import json

import pytest

from bench.sandbox import SandboxClient
from tests.sandbox.caller import Caller
from tests.sandbox.receiver import Receiver

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


async def said(bot: Caller, client: SandboxClient, person: int, receiver: Receiver, body: str, kind: str) -> str | None:
    """What the person hears when the next update is answered so; None for nothing."""
    await bot("setWebhook", url=receiver.url)
    visit = await receiver.next()
    visit.answer(200, body, Content_Type=kind)
    assert await client.acknowledged_at("shop_bot", visit.update_id) is not None
    heard = [message.text for message in (await client.transcript("shop_bot", person)).messages if message.from_bot]
    return heard[0] if heard else None


@pytest.mark.parametrize("kind", [JSON, FORM])
async def test_the_method_is_served(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver, kind: str
) -> None:
    as_json = json.dumps({"method": "sendmessage", "chat_id": person, "text": "hello"})
    body = as_json if kind == JSON else f"method=sendMessage&chat_id={person}&text=hello"
    assert await said(bot, client, person, slow_receiver, body, kind) == "hello"
    rows = (await client.record()).rows
    assert [(row.ok, row.text) for row in rows if row.method == "sendMessage"] == [(True, "hello")]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "ok",
        "[" * 100_000,
        '{"method":"sendMessage","chat_id":' + "[" * 100_000,
        '{"text": "no method"}',
        '{"method": "noSuchMethod"}',
        '{"method": 3}',
    ],
)
async def test_an_answer_without_a_method_is_ignored(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver, body: str
) -> None:
    assert await said(bot, client, person, slow_receiver, body, JSON) is None


@pytest.mark.parametrize("method", ["deleteWebhook", "setWebhook", "getUpdates", "getMe", "logOut"])
async def test_a_method_that_needs_its_answer_is_not_served(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver, method: str
) -> None:
    await said(bot, client, person, slow_receiver, json.dumps({"method": method}), JSON)
    assert (await client.webhook("shop_bot")).url == slow_receiver.url
    assert method not in [row.method for row in (await client.record()).rows if row.method != "setWebhook"]


async def test_an_update_is_acknowledged_even_if_the_method_in_the_reply_is_refused(
    bot: Caller, client: SandboxClient, person: int, slow_receiver: Receiver
) -> None:
    body = json.dumps({"method": "sendMessage", "chat_id": person, "text": ""})
    assert await said(bot, client, person, slow_receiver, body, JSON) is None
    (row,) = [row for row in (await client.record()).rows if row.method == "sendMessage"]
    assert (row.ok, row.error_code) == (False, 400)
