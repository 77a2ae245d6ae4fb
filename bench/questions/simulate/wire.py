"""Telegram in a run: it takes every message at once and remembers it, unless the person has left."""

from typing import Any, NamedTuple, cast

from engine.core.bot_identity import Speaker
from engine.core.content.model import Content, Effects, Text
from engine.core.delivery.outcome import Outcome, Sent, Unreachable
from engine.poller.batched_io import Doors
from engine.runtime.server_clock import ServerClock
from engine.telegram.actions import Action
from engine.telegram.sender import Prepared
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.timers import Timers


class Clock(ServerClock):
    """Stands still until it is set."""

    def __init__(self, at_ms: int) -> None:
        super().__init__(at_ms, lambda: 0.0)
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def now_us(self) -> int:
        return self.at_ms * 1_000

    async def time(self) -> tuple[int, int]:
        """As Redis answers TIME."""
        return divmod(self.now_us(), 1_000_000)


class Message(NamedTuple):
    """A message that reached Telegram; it refused those to people who had left."""

    at_ms: int
    person: int
    text: str
    accepted: bool


class Wire:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.left: set[int] = set()
        self.messages: list[Message] = []

    def send(self, person: int, text: str) -> Outcome:
        message = Message(self._clock.at_ms, person, text, person not in self.left)
        self.messages.append(message)
        return Sent((len(self.messages),)) if message.accepted else Unreachable()


class WireDoors(Doors):
    """The doors of the engine; only that to Telegram leads elsewhere."""

    def __init__(self, wire: Wire, pool: Pool, client: Redis, timers: Timers, clock: Clock) -> None:
        super().__init__(pool, client, timers, cast("Any", None), clock)
        self._wire = wire

    async def prepare(self, _speaker: Speaker, content: Content) -> Prepared:
        return Prepared(content)

    def release(self, _speaker: Speaker, _prepared: Prepared) -> None:
        """Texts have no files."""

    async def send(
        self, _speaker: Speaker, chat_id: int, prepared: Prepared, _effects: Effects, _attempts: int
    ) -> Outcome:
        return self._wire.send(chat_id, cast("Text", prepared.content).text)

    async def act(self, _speaker: Speaker, _chat_id: int, _action: Action) -> Outcome:
        return Sent(())
