"""Methods that are answered but not modelled, and the violations of calls."""

from typing import Any

import aiohttp
import msgspec
import pytest
from aiogram import methods
from aiogram.methods.base import Response, TelegramMethod

from bench.sandbox import SandboxClient
from bench.sandbox.bot_api.methods.unmodelled import SPEC, least
from tests.sandbox.caller import Caller


@pytest.mark.parametrize("spec", SPEC.methods.values(), ids=lambda spec: spec.name)
def test_aiogram_can_read_the_least_answer_of_every_method(spec: Any) -> None:
    method: type[TelegramMethod[Any]] = getattr(methods, spec.name[0].upper() + spec.name[1:])
    answer = msgspec.json.encode({"ok": True, "result": least(spec.returns)})
    read = Response[method.__returning__].model_validate_json(answer)  # type: ignore[name-defined]  # known at run time
    assert read.result is not None


async def test_a_method_that_is_not_modelled_is_answered_and_counted(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    answered = await bot("SENDDICE", chat_id=person)
    assert answered.result["message_id"]
    (of_bot,) = (await client.counters()).bots
    assert (of_bot.unmodelled, of_bot.accepted) == ({"sendDice": 1}, {"sendDice": 1})


async def test_a_call_that_is_not_modelled_is_marked_in_its_chat(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await bot("sendMessage", chat_id=person, text="x")
    await bot("sendContact", chat_id=person, phone_number="1", first_name="Ana")
    await bot("getUserProfilePhotos", user_id=person)
    (mark,) = (await client.transcript("shop_bot", person)).unmodelled
    assert (mark.method, mark.after) == ("sendContact", 2)


@pytest.mark.parametrize(
    ("method", "given", "description"),
    [
        ("sendLocation", {"latitude": 1, "longitude": 1}, "chat_id is empty"),
        ("sendLocation", {"chat_id": 5, "latitude": 1}, 'parameter "longitude" is required'),
        ("sendLocation", {"chat_id": 5, "latitude": "x", "longitude": 1}, "wrong parameter latitude in request"),
        ("getUserProfilePhotos", {}, "invalid user_id specified"),
        ("getUserProfilePhotos", {"user_id": "x"}, "invalid user_id specified"),
        ("forwardMessages", {"chat_id": 5, "from_chat_id": 5}, "message identifiers are not specified"),
        ("setMyDefaultAdministratorRights", {"rights": "{"}, "wrong parameter rights in request"),
    ],
)
async def test_the_arguments_of_a_method_that_is_not_modelled_are_checked(
    bot: Caller, client: SandboxClient, method: str, given: dict[str, Any], description: str
) -> None:
    refused = await bot(method, **given)
    assert refused.refusal == (400, f"Bad Request: {description}")
    assert (await client.counters()).unmodelled == 0


async def test_an_invented_method_is_not_found(bot: Caller) -> None:
    assert (await bot("sendTelegram")).refusal == (404, "Not Found: method not found")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"colour": "red"}, '"colour" does not exist'),
        ({"disable_notification": "perhaps"}, '"disable_notification" must be boolean'),
        ({"reply_to_message_id": 1}, '"reply_to_message_id" is deprecated'),
        ({"link_preview_options": {"is_disabled": 1.5}}, '"link_preview_options.is_disabled" must be boolean'),
        ({"link_preview_options": "[1]"}, '"link_preview_options" must be LinkPreviewOptions'),
        ({"entities": [{"type": "bold", "offset": 0}]}, '"entities[].length" is missing'),
        ({"entities": [{"type": "bold", "offset": 0, "width": 1}]}, '"entities[].width" does not exist'),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "b", "url": "https://a.io"}]]}},
            '"reply_markup" has a button with more than one action',
        ),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "b"}] * 9]}},
            '"reply_markup" has a row of 9 buttons; 8 can be shown',
        ),
    ],
)
async def test_leniently_accepted_values_are_violations(
    bot: Caller, client: SandboxClient, person: int, given: dict[str, Any], what: str
) -> None:
    await bot("sendMessage", chat_id=person, text="x", **given)
    listed = (await client.violations()).listed
    assert what in [one.what for one in listed]
    assert {(one.bot_id, one.method, one.count) for one in listed} == {(bot.bot.id, "sendMessage", 1)}


async def test_a_correct_call_has_no_violations(bot: Caller, client: SandboxClient, person: int) -> None:
    """As JSON, and as a form in which everything is text."""
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b", "style": "danger"}]]}
    sent = {"chat_id": person, "text": "<b>x</b>", "parse_mode": "HTML", "disable_notification": True}
    await bot("sendMessage", **sent, reply_markup=markup, link_preview_options={"is_disabled": True})
    form = {name: str(value) for name, value in sent.items()}
    form["reply_markup"] = msgspec.json.encode(markup).decode()
    async with bot.session.post(f"{bot.url}/sendMessage", data=form) as answer:
        assert answer.status == 200
    await bot("getUpdates", offset="-1", allowed_updates=["message"], timeout=0)
    assert (await client.violations()).listed == []


async def test_a_button_beneath_the_text_field_may_be_a_string(bot: Caller, client: SandboxClient, person: int) -> None:
    markup = {"keyboard": [["Sim", {"text": "Não"}]]}
    for method, given in {"sendMessage": {"text": "x"}, "sendDice": {}}.items():
        assert (await bot(method, chat_id=person, reply_markup=markup, **given)).result["message_id"]
    assert (await client.violations()).listed == []


async def test_an_attached_file_is_not_an_unknown_parameter(bot: Caller, client: SandboxClient, person: int) -> None:
    """Others refer to it by its name."""
    form = aiohttp.FormData({"chat_id": str(person), "text": "x"})
    form.add_field("file0", b"bytes", filename="a.txt")
    async with bot.session.post(f"{bot.url}/sendMessage", data=form) as answer:
        assert answer.status == 200
    assert (await client.violations()).listed == []
