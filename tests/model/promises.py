"""The model: what the engine promises, with arithmetic of its own. It shares no code with the engine.

It records every sign of life, every last look and every message that leaves, and raises `BrokenError` at the first one
that breaks a promise. It identifies silences by their second, whatever ids the engine gives them.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

SECOND_MS = 1_000
THRESHOLD_MS = 2_000
FEED_SLACK_MS = 4_000
FEED_STALE_MS = 8_000
LEASE_MS = 3_000
GAP_MS = 1_000
DELAYS_MS = {"hello": 0, "later": 3_000, "extra": 1_000}
"""How long each step waits after the one before."""


class BrokenError(AssertionError):
    """The engine broke a promise."""


def hold(promise: str, *, kept: bool, **what: object) -> None:
    if not kept:
        raise BrokenError(f"{promise}: {what}")


class Message(NamedTuple):
    """One block of one silence; `second` is the silence's."""

    chat: int
    second: int
    step: str
    block: str


@dataclass
class Silence:
    """`first_ms` and `last_ms` are the signs within its second."""

    first_ms: int
    last_ms: int

    @property
    def second(self) -> int:
        return self.last_ms // SECOND_MS


@dataclass
class Promises:
    silences: dict[int, Silence] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)
    """When each person blocked the bot."""
    refused: dict[int, int] = field(default_factory=dict)
    """When a send to each person was last refused as unreachable."""
    paid: set[int] = field(default_factory=set)
    watermark_ms: int = 0
    halted_at_ms: int | None = None
    passed: dict[Message, int] = field(default_factory=dict)
    wire: dict[Message, int] = field(default_factory=dict)
    heard: set[Message] = field(default_factory=set)
    """What Telegram has accepted, and a poller that was not killed has heard."""
    unmarked: set[Message] = field(default_factory=set)
    """What was on the wire when Redis failed over, and may have lost its mark."""
    crossed: set[Message] = field(default_factory=set)
    unknown: set[Message] = field(default_factory=set)
    contents: dict[tuple[int, int, str], str] = field(default_factory=dict)

    def signed(self, chat: int, given_ms: int, now_ms: int) -> None:
        """Record a sign of life that was acknowledged; 0 is undated."""
        seen = min(given_ms, now_ms) if given_ms else now_ms
        known = self.silences.get(chat)
        if known is None or seen // SECOND_MS > known.second:
            self.silences[chat] = Silence(seen, seen)
            if seen // SECOND_MS >= self.gone.get(chat, 0) // SECOND_MS:
                self.gone.pop(chat, None)
        elif not given_ms and seen // SECOND_MS == known.second:
            known.last_ms = max(known.last_ms, seen)

    def may_be_unreachable(self, chat: int) -> bool:
        """A sign of life that is older than the refusal does not undo it."""
        return self.refused.get(chat, 0) >= self.silences[chat].first_ms

    def also_true_of(self, message: Message) -> tuple[str, ...]:
        """Statuses that are wrong, but which we do not promise to avoid."""
        return ("cancelled",) if message in self.unmarked else ()

    def claimed(self, due_ms: int, now_ms: int) -> None:
        hold("nothing is claimed before it is due", kept=due_ms <= now_ms, due=due_ms, now=now_ms)
        hold(
            "a dead feed invents no silence",
            kept=due_ms <= self.watermark_ms + FEED_SLACK_MS and now_ms <= self.watermark_ms + FEED_STALE_MS,
            due=due_ms,
            watermark=self.watermark_ms,
            now=now_ms,
        )

    def has_passed(self, message: Message, now_ms: int, asked_ms: int) -> None:
        """Judge a last look that let a message through; `asked_ms` is when PostgreSQL was asked for it."""
        chat, silence = message.chat, self.silences[message.chat]
        hold("a touch wins", kept=silence.second == message.second, message=message, silence=silence)
        hold("a person who blocked the bot gets nothing", kept=chat not in self.gone, message=message)
        hold("a person who paid gets nothing", kept=chat not in self.paid, message=message)
        halted = self.halted_at_ms is not None and self.halted_at_ms < asked_ms
        hold("a halted campaign sends nothing", kept=not halted, message=message)
        hold("an unknown outcome is never sent again", kept=message not in self.unknown, message=message)
        earliest = self._earliest(message, silence)
        hold("nothing is early", kept=now_ms >= earliest, message=message, now=now_ms, earliest=earliest)
        self.passed[message] = now_ms

    def has_left(self, message: Message, content: str, now_ms: int) -> None:
        hold("never twice", kept=message not in self.wire, message=message, before=self.wire.get(message))
        self.wire[message] = now_ms
        begun = self.contents.setdefault(message[:3], content)
        hold("a begun step finishes as it began", kept=content == begun, message=message, begun=begun, now=content)
        if self.silences[message.chat].second > message.second:
            self._has_crossed(message, now_ms)

    def must_be_marked(self, message: Message) -> bool:
        """Signs of life are written in batches: the database only knows of a message that crossed the last one."""
        return self.wire[message] > self.silences[message.chat].last_ms

    def _has_crossed(self, message: Message, now_ms: int) -> None:
        """Does not count a process that was stopped for longer than a lease between the look and the request."""
        stalled = now_ms - self.passed[message] > LEASE_MS
        others = [other for other in self.crossed if other[:2] == message[:2]]
        hold("at most one message crosses a touch", kept=stalled or not others, message=message, others=others)
        if not stalled:
            self.crossed.add(message)

    def _earliest(self, message: Message, silence: Silence) -> int:
        sent = [(at, other) for other, at in self.wire.items() if other[:2] == message[:2]]
        if not sent:
            return silence.first_ms + THRESHOLD_MS + (DELAYS_MS[message.step] if message.step == "later" else 0)
        at, last = max(sent)
        return at + (GAP_MS if last.step == message.step else DELAYS_MS[message.step])
