"""Fetches the files that admins send, beside their taps. `/cancel` takes back what was sent before it."""

import asyncio
from weakref import WeakKeyDictionary

from bot.framework.incoming import IncomingFile
from bot.framework.turns import Turns
from engine.administration.context import Desk
from engine.core.content.model import Asset
from engine.telegram import download
from engine.telegram.client import BotApi


class WithdrawnError(Exception):
    """The message no longer counts: the admin has cancelled it, or may not send it any more."""


class IncomingFiles:
    def __init__(self, desk: Desk, turns: Turns, token: str) -> None:
        self._desk = desk
        self._turns = turns
        self._api = BotApi(desk.http, desk.settings.telegram_api_url, token)
        self._cancelled: WeakKeyDictionary[asyncio.Lock, int] = WeakKeyDictionary()
        self._running: dict[int, asyncio.Task[Asset]] = {}

    def cancel(self, admin_id: int, message_id: int) -> None:
        """Take back what the admin sent before this message and what has had no effect yet.

        It is known as long as a message of theirs waits.
        """
        self._cancelled[self._turns.messages(admin_id)] = message_id
        if running := self._running.get(admin_id):
            running.cancel()

    def is_cancelled(self, admin_id: int, message_id: int) -> bool:
        return message_id < self._cancelled.get(self._turns.messages(admin_id), 0)

    async def fetch(self, admin_id: int, message_id: int, file: IncomingFile) -> Asset:
        """Raises MediaError, UnreachableError, WithdrawnError."""
        task = self._running[admin_id] = asyncio.create_task(self._download(file))
        try:
            async with self._turns.beside(admin_id):
                await asyncio.wait([task])
        finally:
            task.cancel()
            del self._running[admin_id]
        if task.cancelled() or self.is_cancelled(admin_id, message_id):
            raise WithdrawnError
        return task.result()

    async def _download(self, file: IncomingFile) -> Asset:
        name, now_ms = file.name if file.name != file.kind else "", await self._desk.now_ms()
        stored = await download.receive(self._desk.library, self._api, file.file_id, file.kind, name, now_ms)
        return stored.asset
