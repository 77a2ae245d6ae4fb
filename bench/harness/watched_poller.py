"""`python -m bench.harness.watched_poller OBSERVATIONS [--null-sender] ...`: a poller that notes when things happen.

It is the engine's poller with its doors watched: those that claim, which have returned when the transaction is
committed, and the send, which has returned when Telegram has answered. With `--null-sender` every send is answered at
once, and Telegram is not asked. What it saw is written when it stops. The other arguments are the poller's own.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from bench.harness.observations import Observed, write
from engine.core.bot_identity import Speaker
from engine.core.content.model import Effects
from engine.core.delivery.outcome import Outcome, Sent
from engine.core.delivery.state_machine import Found
from engine.poller import __main__ as engine_poller
from engine.poller import poller
from engine.poller.batched_io import Doors
from engine.runtime.batcher import Batcher
from engine.telegram.sender import Prepared
from storage.postgres.deliveries.begin import Beginning, Begun
from storage.postgres.deliveries.claim import Claiming


class Notes:
    """A message under way is known by its chat, which has one at a time."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[int, int], Observed] = {}
        self._answered: list[Observed] = []

    @property
    def observed(self) -> list[Observed]:
        return [*self._answered, *self._under_way.values()]

    def claimed(self, bot_id: int, chat_id: int, due_ms: int) -> None:
        self._under_way[bot_id, chat_id] = Observed(bot_id, chat_id, due_ms, _now_us())

    def answered(self, bot_id: int, chat_id: int) -> None:
        one = self._under_way.pop((bot_id, chat_id))
        self._answered.append(Observed(bot_id, chat_id, one.due_ms, one.claimed_us, _now_us()))


class WatchedClaim:
    """The claim door of the engine, behind which each committed claim is noted."""

    def __init__(self, door: Batcher[Claiming, Found], notes: Notes) -> None:
        self._door = door
        self._notes = notes

    async def __call__(self, item: Claiming) -> Found:
        found = await self._door(item)
        if found.taken:
            self._notes.claimed(item.bot_id, item.chat_id, found.due_ms)
        return found


class WatchedBegin:
    """The door that begins episodes, which claims a first delivery that is due in the same transaction."""

    def __init__(self, door: Batcher[Beginning, Begun], notes: Notes) -> None:
        self._door = door
        self._notes = notes

    async def __call__(self, item: Beginning) -> Begun:
        begun = await self._door(item)
        if begun.found and begun.found.taken:
            self._notes.claimed(item.bot_id, item.chat_id, begun.found.due_ms)
        return begun


class WatchedDoors(Doors):
    def __init__(self, notes: Notes, *given: Any, null_sender: bool, **named: Any) -> None:
        super().__init__(*given, **named)
        self._notes = notes
        self._null_sender = null_sender
        self._message_ids = count(1)
        self.begin: Any = WatchedBegin(self.begin, notes)
        self.claim: Any = WatchedClaim(self.claim, notes)

    async def send(
        self, speaker: Speaker, chat_id: int, prepared: Prepared, effects: Effects, attempts: int
    ) -> Outcome:
        if self._null_sender:
            outcome: Outcome = Sent((next(self._message_ids),))
        else:
            outcome = await super().send(speaker, chat_id, prepared, effects, attempts)
        self._notes.answered(speaker.bot_id, chat_id)
        return outcome


def _now_us() -> int:
    return time.time_ns() // 1000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.harness.watched_poller", description=__doc__)
    parser.add_argument("observations", type=Path, help="where to write what it saw")
    parser.add_argument("--null-sender", action="store_true", help="answer every send at once, without Telegram")
    given, rest = parser.parse_known_args()
    notes = Notes()
    doors: Callable[..., Doors] = partial(WatchedDoors, notes, null_sender=given.null_sender)
    try:
        with mock.patch.object(poller, "Doors", doors):
            return engine_poller.main(rest)
    finally:
        write(given.observations, notes.observed)


if __name__ == "__main__":
    sys.exit(main())
