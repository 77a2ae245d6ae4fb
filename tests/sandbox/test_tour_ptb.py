"""python-telegram-bot, unmodified, makes the tour: once by polling, once by webhook."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
    Update,
)
from telegram.error import RetryAfter, TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bench.sandbox import Sandbox
from tests.sandbox.receiver import served
from tests.sandbox.tour import ALBUM, BUTTONS, FILES, Tour

PATH = "/telegram/1"
WORD = "secret-of-the-tour"
Context = ContextTypes.DEFAULT_TYPE
App = Application[Any, Any, Any, Any, Any, Any]


async def greet(update: Update, context: Context) -> None:
    buttons = [InlineKeyboardButton(text, callback_data=data) for text, data in BUTTONS.items()]
    text = f"<b>Hello</b> &amp; welcome: {(context.args or [''])[0]}"
    await _message(update).reply_text(text, parse_mode="HTML", reply_markup=InlineKeyboardMarkup([buttons]))


async def edit(update: Update, _: Context) -> None:
    query = update.callback_query
    assert query is not None
    assert isinstance(query.message, Message)
    await query.answer("edit it is")
    await query.edit_message_text("Edited", reply_markup=query.message.reply_markup)
    try:
        await query.edit_message_text("Edited", reply_markup=query.message.reply_markup)
    except TelegramError as error:
        await query.message.reply_text(error.message)


async def delete(update: Update, _: Context) -> None:
    query = update.callback_query
    assert query is not None
    assert isinstance(query.message, Message)
    await query.answer("delete it is")
    await query.delete_message()
    await query.message.chat.send_message("deleted")


async def send_back(update: Update, context: Context) -> None:
    message = _message(update)
    kind = next(kind for kind in FILES if getattr(message, kind))
    content = await (await context.bot.get_file(_file_id(message, kind))).download_as_bytearray()
    send = getattr(context.bot, f"send_{kind}")
    again = await send(message.chat_id, bytes(content))
    await send(message.chat_id, _file_id(again, kind))


async def send_album(update: Update, _: Context) -> None:
    photo, film = ALBUM
    await _message(update).reply_media_group([InputMediaPhoto(photo, caption="one"), InputMediaVideo(film)])


async def use(update: Update, _: Context) -> None:
    message = _message(update)
    try:
        await message.reply_photo((message.text or "").split()[1])
    except TelegramError as error:
        await message.reply_text(error.message)


async def write(update: Update, context: Context) -> None:
    message = _message(update)
    try:
        await context.bot.send_message(int((message.text or "").split()[1]), "from the tour")
    except RetryAfter as error:
        await message.reply_text(f"retry after {_seconds(error)}")
    except TelegramError as error:
        await message.reply_text(error.message)


def _message(update: Update) -> Message:
    assert update.effective_message is not None
    return update.effective_message


def _file_id(message: Message, kind: str) -> str:
    media = getattr(message, kind)
    found: str = (media[-1] if kind == "photo" else media).file_id
    return found


def _seconds(error: RetryAfter) -> int:
    wait = error.retry_after
    return wait if isinstance(wait, int) else int(wait.total_seconds())


@pytest.fixture
async def application(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    builder = Application.builder().token(sandbox.bots[0].token).base_url(f"{sandbox.api_url}/bot")
    made: App = builder.base_file_url(f"{sandbox.api_url}/file/bot").build()
    made.add_handler(CommandHandler("start", greet))
    made.add_handler(MessageHandler(filters.Text(["album"]), send_album))
    made.add_handler(MessageHandler(filters.Regex("^use "), use))
    made.add_handler(MessageHandler(filters.Regex("^write "), write))
    made.add_handler(MessageHandler(~filters.TEXT, send_back))
    made.add_handler(CallbackQueryHandler(edit, "edit"))
    made.add_handler(CallbackQueryHandler(delete, "delete"))
    async with made:
        await made.start()
        yield made
        await made.stop()


async def test_python_telegram_bot_makes_the_tour_by_polling(application: App, tour: Tour) -> None:
    assert application.updater is not None
    await application.updater.start_polling()
    try:
        await tour.take()
    finally:
        await application.updater.stop()


async def test_python_telegram_bot_makes_the_tour_by_webhook(application: App, tour: Tour) -> None:
    async def receive(request: web.BaseRequest) -> web.StreamResponse:
        assert request.headers["X-Telegram-Bot-Api-Secret-Token"] == WORD
        await application.update_queue.put(Update.de_json(json.loads(await request.read()), application.bot))
        return web.Response()

    async with served(web.ServerRunner(web.Server(receive))) as address:
        assert await application.bot.set_webhook(address + PATH, secret_token=WORD)
        await tour.take()
        assert await application.bot.delete_webhook()
