"""One right call of every method that the sandbox models, with the required parameters only."""

from collections.abc import Callable
from typing import Any

from bench.sandbox.bot_api.uploads import Upload
from bench.sandbox.world.files import Content
from tests.sandbox.hall import PERSON, Hall
from tests.sandbox.pictures import png

UPLOAD = Upload("a.bin", "application/octet-stream", Content.of(b"bytes"))
PICTURE = Upload("a.png", "image/png", Content.of(png()))
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
    "copyMessage": lambda hall: {"chat_id": PERSON, "from_chat_id": PERSON, "message_id": hall.send_voice()},
    "deleteMessage": of_message(),
    "deleteMessages": lambda hall: {"chat_id": PERSON, "message_ids": [hall.send()]},
    "deleteMyCommands": lambda _: {},
    "deleteWebhook": lambda _: {},
    "editMessageCaption": lambda hall: {"chat_id": PERSON, "message_id": hall.send_voice("old")},
    "editMessageMedia": of_message(media={"type": "photo", "media": "attach://picture"}, picture=PICTURE),
    "editMessageReplyMarkup": of_message(),
    "editMessageText": of_message(text="new"),
    "getChat": to_person(),
    "getFile": lambda hall: {"file_id": hall.call("sendVoice", chat_id=PERSON, voice=UPLOAD).voice.file_id},
    "getMe": lambda _: {},
    "getMyCommands": lambda _: {},
    "getUpdates": lambda _: {},
    "getWebhookInfo": lambda _: {},
    "refundStarPayment": lambda hall: {"user_id": PERSON, "telegram_payment_charge_id": paid(hall)},
    "sendChatAction": to_person(action="typing"),
    "sendAnimation": to_person(animation=UPLOAD),
    "sendAudio": to_person(audio=UPLOAD),
    "sendDocument": to_person(document=UPLOAD),
    "sendMediaGroup": to_person(media=[{"type": "photo", "media": "attach://picture"}], picture=PICTURE),
    "sendPhoto": to_person(photo=PICTURE),
    "sendPoll": to_person(question="a", options=[{"text": "b"}, {"text": "c"}]),
    "sendSticker": to_person(sticker=UPLOAD),
    "sendVideo": to_person(video=UPLOAD),
    "sendVideoNote": to_person(video_note=UPLOAD),
    "sendVoice": to_person(voice=UPLOAD),
    "sendMessage": to_person(text="x"),
    "setMyCommands": lambda _: {"commands": [{"command": "a", "description": "b"}]},
    "setWebhook": lambda _: {"url": "http://127.0.0.1:8080/"},
}
