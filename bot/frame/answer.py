"""The answer to a press: given once, and always, so that no button waits for ever."""

from typing import Final

from aiogram.exceptions import TelegramAPIError
from aiogram.types import CallbackQuery

from engine.telemetry import logger

MOST_TOLD: Final = 200
"""So many characters Telegram shows in passing."""


class Answer:
    def __init__(self, query: CallbackQuery) -> None:
        self._query = query
        self._given = False

    async def tell(self, text: str = "") -> None:
        """Only the first one counts. Telegram takes none for a press that is minutes old."""
        if self._given:
            return
        self._given = True
        try:
            await self._query.answer(text[:MOST_TOLD] or None)
        except TelegramAPIError as error:
            logger().info("Press not answered", reason=error.message)
