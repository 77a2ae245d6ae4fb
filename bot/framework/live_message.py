"""The one message in which an admin sees the manager: edited in place, and replaced where that is not possible.

It is also replaced when the admin's own message came after it, and the old one is deleted: nobody has to scroll back,
and no chat fills with dead menus.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiogram import Bot
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramRetryAfter
from aiogram.types import LinkPreviewOptions

from bot.framework.render import RenderedScreen
from engine.runtime.telemetry import logger

_NOT_MODIFIED: Final = "message is not modified"
_PATIENCE_S: Final = 5
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)

Answered = TypeVar("Answered")


class LiveMessage:
    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def edit(self, chat_id: int, message_id: int, drawn: RenderedScreen) -> int:
        """Show it in this message, or in a new one in its place if Telegram refuses. Returns the message's id."""
        try:
            await _patiently(
                self._bot.edit_message_text,
                drawn.text,
                chat_id=chat_id,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                reply_markup=drawn.markup,
            )
        except TelegramBadRequest as error:
            return message_id if _NOT_MODIFIED in error.message else await self._replace(chat_id, message_id, drawn)
        return message_id

    async def send(self, chat_id: int, drawn: RenderedScreen) -> int:
        sent = await _patiently(
            self._bot.send_message,
            chat_id,
            drawn.text,
            parse_mode=ParseMode.HTML,
            link_preview_options=_NO_PREVIEW,
            reply_markup=drawn.markup,
        )
        return sent.message_id

    async def below(self, chat_id: int, message_id: int, after: int, drawn: RenderedScreen) -> int:
        """Show it below the admin's message `after`; `message_id` is the live one, 0 if there is none."""
        if message_id > after:
            return await self.edit(chat_id, message_id, drawn)
        return await self._replace(chat_id, message_id, drawn)

    async def _replace(self, chat_id: int, message_id: int, drawn: RenderedScreen) -> int:
        shown = await self.send(chat_id, drawn)
        if message_id:
            await self.delete(chat_id, message_id)
        return shown

    async def delete(self, chat_id: int, message_id: int) -> None:
        """Delete a message. It is no error if it is already gone, or too old."""
        try:
            await self._bot.delete_message(chat_id, message_id)
        except TelegramAPIError as error:
            logger().info("Message not deleted", reason=error.message)


async def _patiently(call: Callable[..., Awaitable[Answered]], *args: object, **more: object) -> Answered:
    """Telegram asks people who tap fast to wait now and then: wait once, if it is short."""
    try:
        return await call(*args, **more)
    except TelegramRetryAfter as error:
        if error.retry_after > _PATIENCE_S:
            raise
        await asyncio.sleep(error.retry_after)
        return await call(*args, **more)
