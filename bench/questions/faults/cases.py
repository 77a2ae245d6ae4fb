"""The faults, and how the block that each of them strikes must end: one line for every variant of a fault.

Blocks before the struck one are sent. Those after it are sent as well, unless the person is unreachable: then they do
not exist.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from bench.sandbox.bot_api.faults import SERVED
from bench.sandbox.protocol import Fault
from bench.sandbox.protocol import FaultKind as Kind
from engine.core.delivery.outcome import MAX_ATTEMPTS
from engine.telegram.session import TIMEOUT_S

_TIMEOUT_MS: Final = TIMEOUT_S * 1000
_DONE: Final = SERVED | {Kind.SLOW}
"""A message sent under one of these is in the chat, whatever the answer is."""


class State(NamedTuple):
    """The state in which a delivery ends."""

    status: str
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.status}: {self.reason}" if self.reason else self.status


SENT: Final = State("sent")
UNKNOWN: Final = State("unknown")
REFUSED: Final = State("failed", "refused")
GIVEN_UP: Final = State("failed", "internal_error")
GONE: Final = State("failed", "unreachable")


class Case(NamedTuple):
    """A fault, and the state in which the struck block ends.

    `suspends`: the bot is suspended until it gets its token again.
    """

    name: str
    fault: Fault
    struck: State
    why: str
    suspends: bool = False

    @property
    def arrives(self) -> bool:
        """Whether the struck message is in the chat at the end."""
        done = self.fault.accepted or self.fault.kind in _DONE
        return self.struck is SENT or (self.struck is UNKNOWN and done)

    @property
    def episode(self) -> str:
        return "unreachable" if self.struck is GONE else "completed"

    @property
    def times_out(self) -> bool:
        return self.fault.kind is Kind.HANG or self.fault.latency_ms > _TIMEOUT_MS


def _once(kind: Kind, *, latency_ms: int = 0, retry_after: int | None = 1, accepted: bool = False) -> Fault:
    return Fault(kind, count=1, latency_ms=latency_ms, retry_after=retry_after, accepted=accepted)


CASES: Final = (
    Case("429", _once(Kind.TOO_MANY_REQUESTS, retry_after=2), SENT, "the whole bot waits, no attempt is spent"),
    Case("429 of no length", _once(Kind.TOO_MANY_REQUESTS, retry_after=None), SENT, "the bot waits for five seconds"),
    Case("403 blocked", _once(Kind.BLOCKED), GONE, "no message reaches this person any more"),
    Case("403 deactivated", _once(Kind.DEACTIVATED), GONE, "no message reaches this person any more"),
    Case("400 chat not found", _once(Kind.CHAT_NOT_FOUND), GONE, "no message reaches this person any more"),
    Case("400", _once(Kind.BAD_REQUEST), REFUSED, "the content is at fault; the next block has other content"),
    Case("400 wrong file", _once(Kind.WRONG_FILE), REFUSED, "the id never worked before, or there was no file"),
    Case("413", _once(Kind.TOO_LARGE), REFUSED, "the content is at fault; the next block has other content"),
    Case("401, passing", _once(Kind.UNAUTHORIZED), SENT, "one 401 proves nothing: the token is checked, and is good"),
    Case("401, lasting", Fault(Kind.UNAUTHORIZED), SENT, "the bot is suspended and its timers stay", suspends=True),
    Case("500", _once(Kind.INTERNAL_ERROR), SENT, "the server says that it did nothing: tried again"),
    Case("500, each time", Fault(Kind.INTERNAL_ERROR, count=MAX_ATTEMPTS), GIVEN_UP, "tried five times"),
    Case("500 restart", _once(Kind.RESTART), UNKNOWN, "the server may have sent it before it restarted"),
    Case("500 restart, done", _once(Kind.RESTART, accepted=True), UNKNOWN, "the server sent it before it restarted"),
    Case("500 without a word", _once(Kind.NO_DESCRIPTION), UNKNOWN, "it may have been sent"),
    Case("500 without a word, done", _once(Kind.NO_DESCRIPTION, accepted=True), UNKNOWN, "it was sent all the same"),
    Case("502", _once(Kind.BAD_GATEWAY), UNKNOWN, "the server behind the gateway may have sent it"),
    Case("502, done", _once(Kind.BAD_GATEWAY, accepted=True), UNKNOWN, "the server behind the gateway sent it"),
    Case("reset, not done", _once(Kind.DROP_BEFORE_ACCEPT), UNKNOWN, "the request was written, nothing else is known"),
    Case("reset, done", _once(Kind.ACCEPT_THEN_DROP), UNKNOWN, "the request was written, nothing else is known"),
    Case("no answer", _once(Kind.HANG), UNKNOWN, "the request was written, nothing else is known"),
    Case("slow", _once(Kind.SLOW, latency_ms=2_000), SENT, "the answer arrives in time"),
    Case("too slow", _once(Kind.SLOW, latency_ms=_TIMEOUT_MS + 5_000), UNKNOWN, "the answer comes after the time-out"),
    Case("half an answer", _once(Kind.TRUNCATED), UNKNOWN, "it cannot be read"),
    Case("unknown fields", _once(Kind.UNKNOWN_FIELDS), SENT, "unknown fields are ignored"),
    Case("unknown update", _once(Kind.UNKNOWN_UPDATE), SENT, "an unknown update is not a touch"),
    Case("blocks the bot", _once(Kind.BLOCKS), GONE, "both an update and the answer report it"),
    Case("leaves Telegram", _once(Kind.LEAVES), GONE, "only the answer reports it"),
)  # fmt: skip


def uncovered(cases: Iterable[Case] = CASES) -> list[Kind]:
    """The faults of the sandbox that no case covers: there must be none."""
    return sorted(set(Kind) - {case.fault.kind for case in cases})
