"""The tour that aiogram, unmodified, makes through the sandbox."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Update

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.bot_api.methods import webhooks
from bench.sandbox.protocol import Fault, FaultKind
from tests.sandbox.receiver import Receiver

WORD = "s"


@pytest.fixture
async def aiogram(sandbox: Sandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.api_url))
    async with Bot(sandbox.bots[0].token, session=session) as bot:
        yield bot


async def test_aiogram_reads_every_kind_of_update(aiogram: Bot, client: SandboxClient, person: int) -> None:
    button = InlineKeyboardButton(text="Yes", callback_data="yes")
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[button]])
    await aiogram.send_message(person, "well?", reply_markup=keyboard)
    await client.edit("shop_bot", person, "/start again")
    await client.tap("shop_bot", person)
    await client.pay("shop_bot", person)
    await client.block("shop_bot", person)
    updates = await aiogram.get_updates()
    assert [update.event_type for update in updates] == [
        "message",
        "edited_message",
        "callback_query",
        "message",
        "my_chat_member",
    ]
    query = updates[2].callback_query
    assert query is not None
    assert await aiogram.answer_callback_query(query.id)


async def test_aiogram_sends_shows_and_deletes(aiogram: Bot, client: SandboxClient, person: int) -> None:
    assert (await aiogram.get_me()).username == "shop_bot"
    assert await aiogram.delete_webhook()
    assert not (await aiogram.get_webhook_info()).url
    assert await aiogram.send_chat_action(person, "typing")
    assert (await aiogram.get_chat(person)).id == person
    text = '<b>Olá</b>, <a href="https://example.com/x">veja</a> 😀 <code>10%</code>'
    sent = await aiogram.send_message(person, text, parse_mode="HTML")
    assert sent.html_text == text
    assert await aiogram.delete_message(person, sent.message_id)
    assert (await client.transcript("shop_bot", person)).messages[-1].deleted


async def test_aiogram_meets_the_refusals(aiogram: Bot, client: SandboxClient, person: int) -> None:
    with pytest.raises(TelegramBadRequest, match='Unsupported start tag "x" at byte offset 0'):
        await aiogram.send_message(person, "<x>", parse_mode="HTML")
    await client.set_fault(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=35, count=1))
    with pytest.raises(TelegramRetryAfter) as caught:
        await aiogram.send_message(person, "x")
    assert caught.value.retry_after == 35
    await client.set_fault(Fault(FaultKind.INTERNAL_ERROR, count=1))
    with pytest.raises(TelegramServerError):
        await aiogram.send_message(person, "x")
    await client.set_fault(Fault(FaultKind.ACCEPT_THEN_DROP, count=1))
    with pytest.raises(TelegramNetworkError):
        await aiogram.send_message(person, "x")
    await client.block("shop_bot", person)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await aiogram.send_message(person, "x")
    await client.revoke_token("shop_bot")
    with pytest.raises(TelegramUnauthorizedError):
        await aiogram.send_message(person, "x")


async def test_aiogram_meets_a_rival_poll(aiogram: Bot, client: SandboxClient) -> None:
    first = asyncio.create_task(aiogram.get_updates(timeout=50))
    await client.open_requests()
    await aiogram.get_updates()
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await first


async def test_aiogram_sets_a_webhook_and_reads_how_it_does(
    aiogram: Bot, client: SandboxClient, person: int, slow_receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_PAUSE_MS", 3_600_000)
    await client.set_fault(Fault(FaultKind.BAD_GATEWAY, method="webhook", count=1))
    assert await aiogram.set_webhook(
        slow_receiver.url, secret_token=WORD, max_connections=3, allowed_updates=["message", "callback_query"]
    )
    visit = await slow_receiver.next()
    message = Update.model_validate(visit.update).message
    assert message is not None
    assert message.chat.id == person
    info = await aiogram.get_webhook_info()
    assert (info.url, info.max_connections, info.pending_update_count) == (slow_receiver.url, 3, 1)
    assert info.allowed_updates == ["message", "callback_query"]
    assert info.last_error_message == "Wrong response from the webhook: 502 Bad Gateway"
    assert info.last_error_date is not None
    with pytest.raises(TelegramConflictError, match="can't use getUpdates method while webhook is active"):
        await aiogram.get_updates()
    with pytest.raises(TelegramRetryAfter):
        await aiogram.set_webhook(slow_receiver.url)
    assert await aiogram.delete_webhook(drop_pending_updates=True)
    assert await aiogram.get_updates() == []
