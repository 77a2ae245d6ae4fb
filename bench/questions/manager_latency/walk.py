"""An admin who goes from screen to screen at the sandbox, timed from each tap to the redraw that arrives there."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Final, NamedTuple

from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import ActResult, BotInfo
from bot.framework.callbacks import Holder, Press, code, mint
from bot.framework.screen import Place
from engine.administration.context import Desk

_PATIENCE_S: Final = 10.0
_REDRAWS: Final = ("editMessageText", "sendMessage")


class Walker(NamedTuple):
    """`manager` is the bot that shows the screens, `owner` the person who taps."""

    desk: Desk
    client: SandboxClient
    manager: BotInfo
    owner: int

    async def walk(self, places: Mapping[str, Place], rounds: int) -> dict[str, list[float]]:
        """Shows every screen in turn, for this number of rounds. Gives the ms of each redraw."""
        found: dict[str, list[float]] = {name: [] for name in places}
        await self._redrawn(await self._cursor(), self.client.start(self.manager.id, self.owner))
        for number in range(rounds):
            for name, place in places.items():
                found[name].append(await self._show(name, place, number))
        return found

    async def _show(self, name: str, place: Place, number: int) -> float:
        """Signs the button as the manager does. Every button is new, so that every redraw is."""
        press = Press(code(name), *place)
        holder = Holder(self.manager.id, self.owner, self.owner)
        now_ms = await self.desk.now_ms() + 1000 * number
        data = mint(self.desk.vault.button_keys[0], press, holder, now_ms)
        return await self._redrawn(await self._cursor(), self.client.tap(self.manager.id, self.owner, data))

    async def _cursor(self) -> int:
        return (await self.client.record()).cursor

    async def _redrawn(self, cursor: int, act: Awaitable[ActResult]) -> float:
        """From the act to the arrival of the redraw, both by the sandbox's clock."""
        done = await act
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                record = await self.client.record(cursor, wait=_PATIENCE_S)
                for row in record.rows:
                    if row.bot_id == self.manager.id and row.method in _REDRAWS:
                        return row.arrived_ms - done.at_ms
                cursor = record.cursor
