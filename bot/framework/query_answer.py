"""The answer to a press: always given, once, and before the button looks stuck."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiogram.exceptions import TelegramAPIError
from aiogram.types import CallbackQuery

from engine.runtime.telemetry import logger

MAX_TOAST_CHARS: Final = 200
"""Telegram shows no more characters in a toast."""
PATIENCE_S: Final = 1.0


class QueryAnswer:
    """`given`: it is too late for a toast, and any further text belongs on the screen."""

    def __init__(self, query: CallbackQuery) -> None:
        self._query = query
        self.given = False

    async def give(self, text: str = "") -> None:
        """Only the first call counts. Telegram takes no answer to a press that is minutes old."""
        if self.given:
            return
        self.given = True
        try:
            await self._query.answer(text[:MAX_TOAST_CHARS] or None)
        except TelegramAPIError as error:
            logger().info("Press not answered", reason=error.message)

    @asynccontextmanager
    async def soon(self, text: str) -> AsyncIterator[None]:
        """Answer the press with this text if the work in the block takes long."""
        task = asyncio.create_task(self._after(text))
        try:
            yield
        finally:
            task.cancel()

    async def _after(self, text: str) -> None:
        await asyncio.sleep(PATIENCE_S)
        await self.give(text)
