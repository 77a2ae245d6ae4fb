"""People who write to the bots at a steady rate, and when the receiver took each of their updates."""

import asyncio
import time
from collections.abc import Sequence
from itertools import count
from typing import Final

from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act, PersonInfo

RATE: Final = 20
"""Updates a second, of all bots together."""
_PEOPLE: Final = 60
"""Each of them writes to every bot in turn."""
_COLLECT_S: Final = 0.5
_PATIENCE_S: Final = 15.0


class Updates:
    """Times by (bot, update), in ms of the sandbox's clock."""

    def __init__(self, client: SandboxClient, bots: Sequence[int]) -> None:
        self._client = client
        self._bots = bots
        self._cursor = 0
        self._written: dict[tuple[int, int], int] = {}
        self._taken: dict[tuple[int, int], int] = {}
        self.people: Sequence[PersonInfo] = ()

    @property
    def took_ms(self) -> list[int]:
        """How long after it was written each update was taken that has been."""
        return [self._taken[update] - at_ms for update, at_ms in self._written.items() if update in self._taken]

    @property
    def untaken(self) -> int:
        return len(self._written.keys() - self._taken.keys())

    async def start(self) -> None:
        """Everybody starts every bot. Returns when all that is taken."""
        self.people = await self._client.add_people(_PEOPLE)
        await self._do([Act("start", bot, person.id) for bot in self._bots for person in self.people])
        await self.until_taken()
        self._written.clear()

    async def write(self) -> None:
        """Until it is cancelled."""
        began = time.monotonic()
        for number in count():
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            bot, person = self._bots[number % len(self._bots)], self.people[number // len(self._bots) % _PEOPLE]
            await self._do([Act("write", bot, person.id, text="hello")])

    async def collect(self) -> None:
        """Until it is cancelled. The sandbox keeps only the newest acknowledgements."""
        while True:
            await self._collect()
            await asyncio.sleep(_COLLECT_S)

    async def until_taken(self) -> None:
        """Wait for those that are still under way. What is not taken when time is up is lost."""
        give_up = time.monotonic() + _PATIENCE_S
        await self._collect()
        while self.untaken and time.monotonic() < give_up:
            await asyncio.sleep(_COLLECT_S)
            await self._collect()

    async def refused(self) -> int:
        """How often a delivery to the receiver failed."""
        return sum([(await self._client.webhook(bot)).failures for bot in self._bots])

    async def _do(self, acts: Sequence[Act]) -> None:
        for act, result in zip(acts, await self._client.act(acts), strict=True):
            if result.update_id is not None:
                self._written[int(act.bot), result.update_id] = result.at_ms

    async def _collect(self) -> None:
        found = await self._client.acknowledgements(self._cursor)
        self._cursor = found.cursor
        self._taken |= {(one.bot_id, one.update_id): one.at_ms for one in found.acknowledged}
