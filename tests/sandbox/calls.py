"""One right call of every method that the sandbox models, with no more than has to be given."""

from collections.abc import Callable
from typing import Any

from tests.sandbox.hall import PERSON, Hall

KEYBOARD = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}


def tapped(hall: Hall) -> str:
    """Have the person tap; give the query's id."""
    hall.send(reply_markup=KEYBOARD)
    hall.act("tap")
    return next(reversed(hall.bot.queries))


def checked_out(hall: Hall) -> str:
    hall.act("checkout")
    return next(reversed(hall.bot.checkouts))


def paid(hall: Hall) -> str:
    hall.act("pay")
    return next(reversed(hall.bot.payments))


def to_person(**more: Any) -> Callable[[Hall], dict[str, Any]]:
    return lambda _: {"chat_id": PERSON, **more}


def of_message(**more: Any) -> Callable[[Hall], dict[str, Any]]:
    return lambda hall: {"chat_id": PERSON, "message_id": hall.send(reply_markup=KEYBOARD), **more}


RIGHT: dict[str, Callable[[Hall], dict[str, Any]]] = {
    "answerCallbackQuery": lambda hall: {"callback_query_id": tapped(hall)},
    "answerPreCheckoutQuery": lambda hall: {"pre_checkout_query_id": checked_out(hall), "ok": True},
    "deleteMessage": of_message(),
    "deleteMessages": lambda hall: {"chat_id": PERSON, "message_ids": [hall.send()]},
    "deleteMyCommands": lambda _: {},
    "deleteWebhook": lambda _: {},
    "editMessageCaption": lambda hall: {"chat_id": PERSON, "message_id": hall.send_voice("old")},
    "editMessageReplyMarkup": of_message(),
    "editMessageText": of_message(text="new"),
    "getChat": to_person(),
    "getMe": lambda _: {},
    "getMyCommands": lambda _: {},
    "getUpdates": lambda _: {},
    "getWebhookInfo": lambda _: {},
    "refundStarPayment": lambda hall: {"user_id": PERSON, "telegram_payment_charge_id": paid(hall)},
    "sendChatAction": to_person(action="typing"),
    "sendMessage": to_person(text="x"),
    "setMyCommands": lambda _: {"commands": [{"command": "a", "description": "b"}]},
    "setWebhook": lambda _: {"url": "http://127.0.0.1:8080/"},
}
