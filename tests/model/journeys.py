"""A poller's journey that stops before every door, so that a test decides which one moves next, and which one dies.

The doors are the engine's own. A crash after one write is the same as a crash before the next, because only decisions
are made in between. The wire alone has two stops: before the message leaves, and before its answer is known.

A server may also fail a journey at a door, before or after it has done what it was asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from engine.core.bot_identity import Speaker
from engine.core.content.model import Content, Effects, Text
from engine.core.delivery.outcome import (
    Outcome,
    Rejected,
    RetryLater,
    Sent,
    Unauthorized,
    Unknown,
    Unreachable,
    not_sent,
)
from engine.core.delivery.rate_limit import Bucket, Throttle
from engine.core.delivery.state_machine import Found
from engine.core.errors import UnreachableError
from engine.poller.batched_io import Doors
from engine.poller.dispatch import Dispatch
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Served
from engine.security.signed_links import SignedLinks
from engine.telegram.actions import Action
from engine.telegram.sender import Prepared
from storage.postgres.deliveries.begin import Beginning, Begun
from storage.postgres.deliveries.claim import Claiming
from storage.postgres.deliveries.report import Report, Reported
from storage.redis.timer_values import Fence, Held, LastLook, Lost, NextTimer
from tests.model.promises import BrokenError, Message, Promises

Result = TypeVar("Result")


class Answer(NamedTuple):
    """What the wire does with a message: whether it leaves, and which outcome the poller gets."""

    leaves: bool
    outcome: Outcome


ANSWERS = {
    "accepted": Answer(leaves=True, outcome=Sent((1,))),
    "left, no answer": Answer(leaves=True, outcome=Unknown("timeout")),
    "perhaps left": Answer(leaves=False, outcome=Unknown("reset")),
    "429": Answer(leaves=False, outcome=RetryLater(2_000, bot_wide=True)),
    "5xx": Answer(leaves=False, outcome=not_sent(1)),
    "403": Answer(leaves=False, outcome=Unreachable()),
    "400": Answer(leaves=False, outcome=Rejected("entities")),
    "401": Answer(leaves=False, outcome=Unauthorized()),
}


class Clock(Protocol):
    def now_ms(self) -> int: ...


class StoppingDoors:
    """The doors of one journey: each waits for `go`."""

    def __init__(self, real: Doors, promises: Promises, clock: Clock, held: Held) -> None:
        self.real = real
        self.promises = promises
        self.clock = clock
        self.held = held
        self.place = ""
        self.answer = "accepted"
        self.fails = ""
        """Whether the next server that is asked fails, `before` or `after` it has done it."""
        self.has_failed = self.has_heard = False
        self.arrived = asyncio.Event()
        self._go: asyncio.Future[None] | None = None
        self.message = Message(held.chat_id, held.seen_ms // 1000, "", "")
        self._asked_ms = self._sent_ms = 0

    def go(self, answer: str) -> None:
        self.answer = answer
        self.arrived.clear()
        if self._go:
            self._go.set_result(None)

    async def stop(self, place: str) -> None:
        self.place = place
        self._go = asyncio.get_running_loop().create_future()
        self.arrived.set()
        await self._go

    async def ask(self, server: Callable[[], Awaitable[Result]]) -> Result:
        fails, self.fails = self.fails, ""
        self.has_failed |= bool(fails)
        if fails == "before":
            raise UnreachableError(fails)
        answer = await server()
        if fails == "after":
            raise UnreachableError(fails)
        return answer

    async def begin(self, beginning: Beginning) -> Begun:
        if beginning.claiming is None:
            await self.stop("begin")
        else:
            await self._stop_to_claim(beginning.claiming)
        return await self.ask(partial(self.real.begin, beginning))

    async def claim(self, claiming: Claiming) -> Found:
        await self._stop_to_claim(claiming)
        return await self.ask(partial(self.real.claim, claiming))

    async def _stop_to_claim(self, claiming: Claiming) -> None:
        await self.stop("claim")
        place = claiming.cursor
        self.message = self.message._replace(step=place.step, block=place.block)
        self._asked_ms = self.clock.now_ms()

    async def pass_(self, bot_id: int, look: LastLook) -> Fence:
        await self.stop("pass")
        fence = await self.ask(partial(self.look, bot_id, look))
        if fence is Fence.CURRENT:
            self.promises.has_passed(self.message, self.clock.now_ms(), self._asked_ms)
        return fence

    async def look(self, bot_id: int, look: LastLook) -> Fence:
        return await self.real.pass_(bot_id, look)

    async def prepare(self, _speaker: Speaker, content: Content) -> Prepared:
        return Prepared(content)

    def release(self, _speaker: Speaker, _prepared: Prepared) -> None:
        """Texts have no files."""

    async def act(self, _speaker: Speaker, _chat_id: int, _action: Action) -> Outcome:
        return Sent(())

    async def send(
        self, _speaker: Speaker, chat_id: int, prepared: Prepared, _effects: Effects, _attempts: int
    ) -> Outcome:
        await self.stop("send")
        answer = ANSWERS[self.answer]
        self._sent_ms = self.clock.now_ms()
        if answer.leaves:
            step, block, number = cast("Text", prepared.content).text.split("/")
            self.message = self.message._replace(chat=chat_id, step=step, block=block)
            self.promises.has_left(self.message, number, self.clock.now_ms())
        await self.stop("answer")
        self._heard(answer.outcome)
        return answer.outcome

    def _heard(self, outcome: Outcome) -> None:
        self.has_heard = True
        if isinstance(outcome, Sent):
            self.promises.heard.add(self.message)
        if isinstance(outcome, Unreachable):
            self.promises.refused[self.held.chat_id] = self._sent_ms

    async def report(self, report: Report) -> Reported:
        await self.stop("report")
        return await self.ask(partial(self.real.report, report))

    async def settle(self, bot_id: int, plan: NextTimer) -> Fence:
        await self.stop("settle")
        return await self.ask(partial(self.real.settle, bot_id, plan))

    async def restore(self, bot_id: int, lost: Lost) -> None:
        await self.stop("restore")
        await self.ask(partial(self.real.restore, bot_id, lost))

    async def hold(self, bot_id: int, until_ms: int) -> None:
        await self.stop("hold")
        await self.ask(partial(self.real.hold, bot_id, until_ms))

    async def mark_unreachable(self, bot_id: int, chat_id: int, since_ms: int) -> None:
        await self.stop("mark")
        await self.ask(partial(self.real.mark_unreachable, bot_id, chat_id, since_ms))

    async def tell_of_block(self, *_: object) -> None:
        """Notices to admins are not part of the protocol."""


def _permit() -> SendPermit:
    """Pace is not part of the protocol."""
    return SendPermit(Bucket(1, 0.0), Throttle(1, 0.0), elapsed_s=lambda: 0.0, note_passed=lambda: None)


class Journey:
    """The journey of one claimed timer. `step` raises its failures."""

    def __init__(self, doors: StoppingDoors, catalogue: Any, bot: Served) -> None:
        self.doors = doors
        dispatch = Dispatch(cast("Any", doors), catalogue, cast("Any", doors.clock), SignedLinks([], None))
        self._task = asyncio.create_task(dispatch.serve(bot, doors.held, _permit()))
        self._task.add_done_callback(lambda _: doors.arrived.set())

    @property
    def done(self) -> bool:
        return self._task.done()

    async def settle_in(self) -> None:
        """Wait for its next stop, or its end."""
        await self.doors.arrived.wait()
        if self.done:
            self._check_end()

    def _check_end(self) -> None:
        """A server that fails ends a journey that has heard no answer yet; its lease brings the chat back."""
        try:
            self._task.result()
        except UnreachableError as error:
            if self.doors.has_heard or not self.doors.has_failed:
                raise BrokenError(f"an outcome was thrown away: {error}") from error

    async def step(self, answer: str = "accepted") -> None:
        self.doors.go(answer)
        await self.settle_in()

    async def run(self, until: str = "", answer: str = "accepted") -> None:
        """Go on to the named door, or to the end."""
        while not self.done and self.doors.place != until:
            await self.step(answer)

    async def die(self) -> None:
        """What it has heard and not told is lost with it."""
        if not self.done:
            self.doors.promises.heard.discard(self.doors.message)
        self._task.cancel()
        await asyncio.wait([self._task])
