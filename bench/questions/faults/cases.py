"""The faults, and what must come of a block that each strikes: one line for every way in which a fault is played.

A block before the struck one is sent. One after it is sent as well, unless the person is gone: then there is none.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from bench.sandbox.bot_api.faults import SERVED
from bench.sandbox.protocol import Fault
from bench.sandbox.protocol import FaultKind as Kind
from engine.core.delivery.outcome import MAX_ATTEMPTS
from engine.telegram import TIMEOUT_S

_TIMEOUT_MS: Final = TIMEOUT_S * 1000
_DONE: Final = SERVED | {Kind.SLOW}
"""What is sent under one of these is in the chat, whatever is answered."""


class State(NamedTuple):
    """Where a delivery ends."""

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
    """A fault, and where the block that it strikes ends. `suspends`: the bot, until it is given its token again."""

    name: str
    fault: Fault
    struck: State
    why: str
    suspends: bool = False

    @property
    def arrives(self) -> bool:
        """Whether the person has the struck message in the end."""
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
    Case("429", _once(Kind.TOO_MANY_REQUESTS, retry_after=2), SENT, "all of its bot waits so long, nothing is spent"),
    Case("429 of no length", _once(Kind.TOO_MANY_REQUESTS, retry_after=None), SENT, "five seconds are waited then"),
    Case("403 blocked", _once(Kind.BLOCKED), GONE, "nothing reaches this person any more"),
    Case("403 deactivated", _once(Kind.DEACTIVATED), GONE, "nothing reaches this person any more"),
    Case("400 chat not found", _once(Kind.CHAT_NOT_FOUND), GONE, "nothing reaches this person any more"),
    Case("400", _once(Kind.BAD_REQUEST), REFUSED, "the content is at fault, and the next block is another"),
    Case("400 wrong file", _once(Kind.WRONG_FILE), REFUSED, "it was no id that served before, or there was no file"),
    Case("413", _once(Kind.TOO_LARGE), REFUSED, "the content is at fault, and the next block is another"),
    Case("401, passing", _once(Kind.UNAUTHORIZED), SENT, "one 401 is no proof: the token is asked after, and is good"),
    Case("401, lasting", Fault(Kind.UNAUTHORIZED), SENT, "its bot is suspended and its timers stay", suspends=True),
    Case("500", _once(Kind.INTERNAL_ERROR), SENT, "the server says that it did not: tried again"),
    Case("500, each time", Fault(Kind.INTERNAL_ERROR, count=MAX_ATTEMPTS), GIVEN_UP, "tried five times"),
    Case("500 restart", _once(Kind.RESTART), UNKNOWN, "the server may have done it before it restarted"),
    Case("500 restart, done", _once(Kind.RESTART, accepted=True), UNKNOWN, "the server has done it before that"),
    Case("500 without a word", _once(Kind.NO_DESCRIPTION), UNKNOWN, "nothing says that it was not done"),
    Case("500 without a word, done", _once(Kind.NO_DESCRIPTION, accepted=True), UNKNOWN, "nothing says that it was"),
    Case("502", _once(Kind.BAD_GATEWAY), UNKNOWN, "the server behind the gateway may have done it"),
    Case("502, done", _once(Kind.BAD_GATEWAY, accepted=True), UNKNOWN, "the server behind the gateway has done it"),
    Case("reset, not done", _once(Kind.DROP_BEFORE_ACCEPT), UNKNOWN, "the request was written, and nothing is known"),
    Case("reset, done", _once(Kind.ACCEPT_THEN_DROP), UNKNOWN, "the request was written, and nothing is known"),
    Case("no answer", _once(Kind.HANG), UNKNOWN, "the request was written, and nothing is known"),
    Case("slow", _once(Kind.SLOW, latency_ms=2_000), SENT, "the answer is waited for"),
    Case("too slow", _once(Kind.SLOW, latency_ms=_TIMEOUT_MS + 5_000), UNKNOWN, "its answer is not waited for so long"),
    Case("half an answer", _once(Kind.TRUNCATED), UNKNOWN, "it cannot be read"),
    Case("unknown fields", _once(Kind.UNKNOWN_FIELDS), SENT, "what nobody knows is passed over"),
    Case("unknown update", _once(Kind.UNKNOWN_UPDATE), SENT, "what nobody knows is no sign of life"),
    Case("blocks the bot", _once(Kind.BLOCKS), GONE, "an update tells of it, and so does the answer"),
    Case("leaves Telegram", _once(Kind.LEAVES), GONE, "only the answer tells of it"),
)  # fmt: skip


def unforeseen(cases: Iterable[Case] = CASES) -> list[Kind]:
    """The faults of the sandbox that no case plays: there must be none."""
    return sorted(set(Kind) - {case.fault.kind for case in cases})
