"""The owner of the bots, who goes to and fro between two screens of the manager, a tap every half second."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from bench.questions.attack.callers import Calls
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import TranscriptMessage
from engine.core.errors import RecoveryError

_REST_S: Final = 0.5
_PATIENCE_S: Final = 5.0
_FIRST_S: Final = 60.0
"""Nobody attacks yet, and the manager may still be reading its tables for the first time."""
_REDRAWS: Final = ("editMessageText", "sendMessage")


class Owner:
    """`screens`: from a tap until the new screen arrives at the sandbox, both by its clock."""

    def __init__(self, client: SandboxClient, manager: int, person: int, usernames: Sequence[str]) -> None:
        self._client = client
        self._manager = manager
        self._person = person
        self._usernames = usernames
        self.screens = Calls()

    async def begin(self) -> None:
        """Ask for the first screen. Raises RecoveryError."""
        cursor = (await self._client.record()).cursor
        started = await self._client.start(self._manager, self._person)
        try:
            await self._redrawn_ms(cursor, started.at_ms, _FIRST_S)
        except TimeoutError as error:
            raise RecoveryError(f"The manager showed the owner nothing within {_FIRST_S:.0f} s.") from error

    async def tap(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._tap_once()
            await asyncio.sleep(_REST_S)

    async def _tap_once(self) -> None:
        screen = await self._screen()
        cursor = (await self._client.record()).cursor
        tapped = await self._client.tap(self._manager, self._person, self._way(screen), screen.message_id)
        try:
            redrawn_ms = await self._redrawn_ms(cursor, tapped.at_ms, _PATIENCE_S)
            self.screens.took_ms.append(redrawn_ms - tapped.at_ms)
        except TimeoutError:
            self.screens.failed += 1

    async def _screen(self) -> TranscriptMessage:
        transcript = await self._client.transcript(self._manager, self._person)
        return [message for message in transcript.messages if message.from_bot and message.reply_markup][-1]

    def _way(self, screen: TranscriptMessage) -> str:
        """The button of a bot, or else the last one, which leads back."""
        buttons = _buttons(screen)
        bots = [button for button in buttons if any(name in button["text"] for name in self._usernames)]
        return str((bots or buttons[-1:])[0]["callback_data"])

    async def _redrawn_ms(self, cursor: int, since_ms: int, patience_s: float) -> int:
        """When the next screen arrived. Raises TimeoutError."""
        async with asyncio.timeout(patience_s):
            while True:
                record = await self._client.record(cursor, wait=patience_s)
                for row in record.rows:
                    is_screen = row.method in _REDRAWS and row.bot_id == self._manager and row.chat_id == self._person
                    if is_screen and row.arrived_ms >= since_ms:
                        return row.arrived_ms
                cursor = record.cursor


def _buttons(screen: TranscriptMessage) -> list[dict[str, Any]]:
    rows = (screen.reply_markup or {}).get("inline_keyboard", [])
    return [button for row in rows for button in row if "callback_data" in button]
