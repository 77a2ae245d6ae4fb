"""The answer to a press: given once, and always, and before anybody takes the button for stuck."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiogram.exceptions import TelegramAPIError
from aiogram.types import CallbackQuery

from engine.runtime.telemetry import logger

MOST_TOLD: Final = 200
"""So many characters Telegram shows in passing."""
PATIENCE_S: Final = 1.0


class Answer:
    """`given`: what is told from now on is told too late, and belongs on the screen."""

    def __init__(self, query: CallbackQuery) -> None:
        self._query = query
        self.given = False

    async def tell(self, text: str = "") -> None:
        """Only the first one counts. Telegram takes none for a press that is minutes old."""
        if self.given:
            return
        self.given = True
        try:
            await self._query.answer(text[:MOST_TOLD] or None)
        except TelegramAPIError as error:
            logger().info("Press not answered", reason=error.message)

    @asynccontextmanager
    async def soon(self, text: str) -> AsyncIterator[None]:
        """Whatever happens in here takes as long as it takes; the press is answered before."""
        task = asyncio.create_task(self._after(text))
        try:
            yield
        finally:
            task.cancel()

    async def _after(self, text: str) -> None:
        await asyncio.sleep(PATIENCE_S)
        await self.tell(text)
