"""A bot's answers to taps and payments, its chat actions and its commands."""

from typing import Any

import msgspec
import pytest

from bench.sandbox import SandboxClient
from tests.sandbox.caller import Caller
from tests.sandbox.calls import KEYBOARD, checked_out, tapped
from tests.sandbox.hall import PERSON, SECOND_MS, Hall

TOO_OLD = (400, "Bad Request: query is too old and response timeout expired or query ID is invalid")


async def test_a_tap_can_be_answered_once(bot: Caller, client: SandboxClient, person: int) -> None:
    await bot("sendMessage", chat_id=person, text="x", reply_markup=KEYBOARD)
    await client.tap("shop_bot", person)
    query = (await bot("getUpdates", offset=-1)).result[0]["callback_query"]
    assert (query["data"], query["from"]["id"], query["message"]["message_id"]) == ("a", person, 2)
    assert (await bot("answerCallbackQuery", callback_query_id=query["id"])).result is True
    assert (await bot("answerCallbackQuery", callback_query_id=query["id"])).refusal == TOO_OLD


def test_a_tap_cannot_be_answered_late() -> None:
    hall = Hall()
    query_id = tapped(hall)
    hall.now_ms += 15 * SECOND_MS + 1
    assert hall.refusal("answerCallbackQuery", callback_query_id=query_id) == TOO_OLD


def test_unanswered_questions_are_not_kept_for_ever() -> None:
    hall = Hall()
    first, asked = tapped(hall), checked_out(hall)
    hall.now_ms += 61 * SECOND_MS
    assert (tapped(hall), checked_out(hall)) != (first, asked)
    assert (len(hall.bot.queries), len(hall.bot.checkouts)) == (1, 1)


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({"text": "x" * 201}, "MESSAGE_TOO_LONG"),
        ({"url": "https://example.com"}, "URL_INVALID"),
        ({"url": "https://t.me/other_bot?start=a"}, "URL_INVALID"),
        ({"url": "https://[t.me/shop_bot?start=a"}, "URL_INVALID"),
    ],
)
def test_a_wrong_answer_may_be_given_again(given: dict[str, Any], description: str) -> None:
    hall = Hall()
    query_id = tapped(hall)
    refused = hall.refusal("answerCallbackQuery", callback_query_id=query_id, **given)
    assert refused == (400, f"Bad Request: {description}")
    right = {"text": "x" * 200, "url": "https://t.me/shop_bot?start=a"}
    assert hall.call("answerCallbackQuery", callback_query_id=query_id, **right)


async def test_a_payment_that_the_bot_allows_is_made(bot: Caller, client: SandboxClient, person: int) -> None:
    await client.check_out("shop_bot", person, 50, "order 7")
    query = (await bot("getUpdates", offset=-1)).result[0]["pre_checkout_query"]
    assert (query["from"]["id"], query["currency"], query["total_amount"]) == (person, "XTR", 50)
    assert query["invoice_payload"] == "order 7"
    assert (await bot("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)).result is True
    paid = (await bot("getUpdates", offset=-1)).result[0]["message"]["successful_payment"]
    assert (paid["total_amount"], paid["invoice_payload"]) == (50, "order 7")
    assert (await client.transcript("shop_bot", person)).messages[-1].paid == 50
    again = await bot("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)
    assert again.refusal == TOO_OLD


def test_a_payment_that_the_bot_refuses_is_not_made() -> None:
    hall = Hall()
    query_id = checked_out(hall)
    refused = hall.refusal("answerPreCheckoutQuery", pre_checkout_query_id=query_id, ok=False)
    assert refused == (400, 'Bad Request: parameter "error_message" is required')
    assert hall.call("answerPreCheckoutQuery", pre_checkout_query_id=query_id, ok=False, error_message="sold out")
    assert not hall.bot.payments


def test_a_payment_waits_ten_seconds() -> None:
    hall = Hall()
    query_id = checked_out(hall)
    hall.now_ms += 10 * SECOND_MS + 1
    assert hall.refusal("answerPreCheckoutQuery", pre_checkout_query_id=query_id, ok=True) == TOO_OLD
    assert not hall.bot.payments


def test_a_payment_is_returned_once_and_to_the_payer() -> None:
    hall = Hall()
    hall.act("pay", amount=5)
    (charge,) = hall.bot.payments
    given = {"user_id": PERSON, "telegram_payment_charge_id": charge}
    for wrong in ({"user_id": 7}, {"telegram_payment_charge_id": "x"}):
        assert hall.refusal("refundStarPayment", **{**given, **wrong}) == (400, "Bad Request: CHARGE_NOT_FOUND")
    assert hall.call("refundStarPayment", **given)
    last = msgspec.json.decode(next(reversed(hall.bot.updates.values())).body)
    assert last["message"]["refunded_payment"]["total_amount"] == 5
    assert hall.refusal("refundStarPayment", **given) == (400, "Bad Request: CHARGE_ALREADY_REFUNDED")


async def test_an_action_is_shown_only_where_a_message_could_be(
    bot: Caller, client: SandboxClient, person: int
) -> None:
    assert (await bot("sendChatAction", chat_id=person, action="typing")).result is True
    wrong = await bot("sendChatAction", chat_id=person, action="dancing")
    assert wrong.refusal == (400, "Bad Request: wrong parameter action in request")
    await client.block("shop_bot", person)
    blocked = await bot("sendChatAction", chat_id=person, action="typing")
    assert blocked.refusal == (403, "Forbidden: bot was blocked by the user")


def test_an_action_lasts_five_seconds_or_until_the_next_message() -> None:
    hall = Hall()
    hall.call("sendChatAction", chat_id=PERSON, action="upload_audio")
    assert hall.chat.activity == ("upload_voice", hall.now_ms + 5 * SECOND_MS)
    hall.act("write", text="hurry")
    assert hall.chat.activity is not None
    hall.send()
    assert hall.chat.activity is None
    for action in ("typing", "cancel"):
        hall.call("sendChatAction", chat_id=PERSON, action=action)
    assert hall.chat.activity is None
