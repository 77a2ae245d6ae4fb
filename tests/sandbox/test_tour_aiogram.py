"""aiogram, unmodified, makes the tour: once by polling, once by webhook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from bench.sandbox import Sandbox
from tests.sandbox.receiver import served
from tests.sandbox.tour import ALBUM, BUTTONS, FILES, Tour

PATH = "/telegram/1"
WORD = "secret-of-the-tour"


async def greet(message: Message, command: CommandObject) -> None:
    buttons = [InlineKeyboardButton(text=text, callback_data=data) for text, data in BUTTONS.items()]
    keyboard = InlineKeyboardMarkup(inline_keyboard=[buttons])
    await message.answer(f"<b>Hello</b> &amp; welcome: {command.args}", parse_mode="HTML", reply_markup=keyboard)


async def edit(query: CallbackQuery) -> None:
    assert isinstance(query.message, Message)
    await query.answer("edit it is")
    await query.message.edit_text("Edited", reply_markup=query.message.reply_markup)
    try:
        await query.message.edit_text("Edited", reply_markup=query.message.reply_markup)
    except TelegramAPIError as error:
        await query.message.answer(error.message)


async def delete(query: CallbackQuery) -> None:
    assert isinstance(query.message, Message)
    await query.answer("delete it is")
    await query.message.delete()
    await query.message.answer("deleted")


async def send_back(message: Message, bot: Bot) -> None:
    kind = next(kind for kind in FILES if getattr(message, kind))
    media = message.photo[-1] if message.photo else getattr(message, kind)
    content = await bot.download(media)
    assert content is not None
    send = getattr(bot, f"send_{kind}")
    again: Message = await send(message.chat.id, BufferedInputFile(content.read(), "back"))
    known = again.photo[-1] if again.photo else getattr(again, kind)
    await send(message.chat.id, known.file_id)


async def send_album(message: Message) -> None:
    photo, film = (BufferedInputFile(content, "album") for content in ALBUM)
    await message.answer_media_group([InputMediaPhoto(media=photo, caption="one"), InputMediaVideo(media=film)])


async def use(message: Message) -> None:
    try:
        await message.answer_photo((message.text or "").split()[1])
    except TelegramAPIError as error:
        await message.answer(error.message)


async def write(message: Message, bot: Bot) -> None:
    try:
        await bot.send_message(int((message.text or "").split()[1]), "from the tour")
    except TelegramRetryAfter as error:
        await message.answer(f"retry after {error.retry_after}")
    except TelegramAPIError as error:
        await message.answer(error.message)


def dispatcher() -> Dispatcher:
    router = Router()
    router.message.register(greet, CommandStart())
    router.message.register(send_album, F.text == "album")
    router.message.register(use, F.text.startswith("use "))
    router.message.register(write, F.text.startswith("write "))
    router.message.register(send_back, F.content_type.in_(set(FILES)))
    router.callback_query.register(edit, F.data == "edit")
    router.callback_query.register(delete, F.data == "delete")
    made = Dispatcher()
    made.include_router(router)
    return made


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.api_url))
    async with Bot(sandbox.bots[0].token, session=session) as bot:
        yield bot


@asynccontextmanager
async def polling(bot: Bot) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatcher().start_polling(bot, handle_signals=False))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def test_aiogram_makes_the_tour_by_polling(bot: Bot, tour: Tour) -> None:
    async with polling(bot):
        await tour.take()


async def test_aiogram_makes_the_tour_by_webhook(bot: Bot, tour: Tour) -> None:
    application = web.Application()
    SimpleRequestHandler(dispatcher(), bot, secret_token=WORD).register(application, PATH)
    async with served(web.AppRunner(application)) as address:
        assert await bot.set_webhook(address + PATH, secret_token=WORD)
        await tour.take()
        assert await bot.delete_webhook()
