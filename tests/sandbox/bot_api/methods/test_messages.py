"""What a bot sends, and the refusals that it must be ready for, to the letter."""

from typing import Any

import pytest

from bench.sandbox import SandboxClient
from tests.sandbox.caller import Caller


async def test_a_sent_message_is_in_the_chat(bot: Caller, client: SandboxClient, person: int) -> None:
    sent = (await bot("sendMessage", chat_id=person, text="<b>Oi</b>!", parse_mode="HTML")).result
    assert sent["from"]["id"] == bot.bot.id
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    transcript = await client.transcript("shop_bot", person)
    assert transcript.relation == "started"
    assert [(one.message_id, one.from_bot, one.text) for one in transcript.messages] == [
        (1, False, "/start"),
        (sent["message_id"], True, "Oi!"),
    ]


async def test_message_ids_count_in_each_chat(bot: Caller, client: SandboxClient, person: int) -> None:
    (other,) = await client.add_people(1)
    await client.start("shop_bot", other.id)
    for chat in (person, other.id):
        assert (await bot("sendMessage", chat_id=chat, text="x")).result["message_id"] == 2


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "text must be non-empty"),
        *(({"text": text}, "text must be non-empty") for text in ("\t\r", "\u200b", "\u202e\u00a0", "\u3000\ufeff")),
        ({"text": "x" * 4097}, "message is too long"),
        (
            {"text": "<b>x", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ({"text": "<br>", "parse_mode": "html"}, 'can\'t parse entities: Unsupported start tag "br" at byte offset 0'),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "x", "chat_id": None}, "chat_id is empty"),
        ({"text": "x", "chat_id": 1}, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": "[]"}, "object expected as reply markup"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [{}]}},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]}},
            "BUTTON_DATA_INVALID",
        ),
        ({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "nowhere"}]]}}, "BUTTON_URL_INVALID"),
    ],
)
async def test_a_message_that_cannot_be_sent_is_a_bad_request(
    bot: Caller, person: int, parameters: dict[str, Any], description: str
) -> None:
    refused = await bot("sendMessage", **{"chat_id": person, **parameters})
    assert refused.refusal == (400, f"Bad Request: {description}")


async def test_the_length_counts_after_the_tags_are_gone(bot: Caller, person: int) -> None:
    text = "<b>" + "😀" * 4096 + "</b>"
    assert (await bot("sendMessage", chat_id=person, text=text, parse_mode="HTML")).status == 200


async def test_a_bad_text_is_refused_before_a_bad_chat(bot: Caller) -> None:
    refused = await bot("sendMessage", chat_id=1, text="<b>", parse_mode="HTML")
    assert "can't parse entities" in refused.refusal[1]


async def test_a_stranger_cannot_be_written_to(bot: Caller, client: SandboxClient) -> None:
    (stranger,) = await client.add_people(1)
    refused = await bot("sendMessage", chat_id=stranger.id, text="x")
    assert refused.refusal == (403, "Forbidden: bot can't initiate conversation with a user")


async def test_a_person_who_blocked_the_bot_cannot_be_written_to_until_they_unblock(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    await client.block("shop_bot", person)
    refused = await bot("sendMessage", chat_id=person, text="x")
    assert refused.refusal == (403, "Forbidden: bot was blocked by the user")
    await client.unblock("shop_bot", person)
    assert (await bot("sendMessage", chat_id=person, text="x")).status == 200


async def test_a_deleted_account_is_deactivated_for_every_bot(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.delete_account("course_bot", person)
    refused = await bot("sendMessage", chat_id=person, text="x")
    assert refused.refusal == (403, "Forbidden: user is deactivated")


async def test_a_bot_cannot_write_to_a_bot(bot: Caller) -> None:
    refused = await bot("sendMessage", chat_id=bot.bot.id, text="x")
    assert refused.refusal == (403, "Forbidden: the bot can't send messages to the bot")


async def test_a_mention_carries_its_person_and_a_mention_of_a_stranger_is_dropped(bot: Caller, person: int) -> None:
    text = f'<a href="tg://user?id={person}">a</a> <a href="tg://user?id=5">b</a>'
    sent = (await bot("sendMessage", chat_id=person, text=text, parse_mode="HTML")).result
    (entity,) = sent["entities"]
    assert (entity["type"], entity["user"]["id"]) == ("text_mention", person)


async def test_a_chat_shows_the_person_only_to_bots_that_they_started(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    assert (await bot("getChat", chat_id=person)).result["first_name"]
    (stranger,) = await client.add_people(1)
    refused = await bot("getChat", chat_id=stranger.id)
    assert refused.refusal == (400, "Bad Request: chat not found")
