"""A person who plays a script with one bot: inside the sandbox, or from anywhere through its client."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from bench.sandbox.people.scripts import Move, Script
from bench.sandbox.protocol import Act, ActResult, TranscriptMessage

# Called after each move, and for each message that is received.
Witness = Callable[[Move, TranscriptMessage | None], None]


class World(Protocol):
    """Where acts are done and messages arrive; the sandbox's client is one."""

    async def act(self, acts: Sequence[Act]) -> list[ActResult]: ...

    async def next_message(
        self, bot: int | str, person: int, after: int = 0, wait: float = 10
    ) -> TranscriptMessage | None: ...


def _nobody(_: Move, __: TranscriptMessage | None) -> None:
    """Watch nothing."""


class Actor:
    """Plays on when an act is refused, and counts the refusals."""

    def __init__(
        self, world: World, bot: int | str, person: int, draw: random.Random, witness: Witness = _nobody
    ) -> None:
        self.acts = 0
        self.refused: Counter[str] = Counter()
        self._world = world
        self._bot = bot
        self._person = person
        self._draw = draw
        self._witness = witness
        self._seen = 0

    async def play(self, script: Script) -> None:
        await asyncio.sleep(self._draw.uniform(0, script.within))
        await self.perform(script.opening)
        for _ in range(script.rounds):
            await self.perform(script.moves)

    async def perform(self, moves: Sequence[Move]) -> None:
        for move in moves:
            if self._draw.random() < move.chance:
                await asyncio.sleep(self._thinking_s(move))
                await self._make(move)

    async def _make(self, move: Move) -> None:
        if move.do == "receive":
            await self._receive(move)
        elif acts := move.acts(self._bot, self._person):
            for result in await self._world.act(acts):
                self.acts += 1
                if result.error is not None:
                    self.refused[result.error] += 1
            self._witness(move, None)

    async def _receive(self, move: Move) -> None:
        patience = move.patience
        while message := await self._next(patience):
            self._witness(move, message)
            self._seen, patience = message.message_id, move.quiet

    async def _next(self, wait: float) -> TranscriptMessage | None:
        return await self._world.next_message(self._bot, self._person, after=self._seen, wait=wait)

    def _thinking_s(self, move: Move) -> float:
        return self._draw.uniform(*move.think) if isinstance(move.think, tuple) else move.think
