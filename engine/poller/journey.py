"""What all parts of a journey share: the claimed timer, the doors by which it reads and writes, and how it can end.

PostgreSQL is written before Redis, always: when `settle` is lost, the next claim finds what PostgreSQL knows.

Before a block is claimed, a server that fails ends the journey, and the lease brings the chat back. From then on the
journey alone knows what became of the block, so it waits for the server (`unrecorded_outcomes`).
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery import cursor as cursors
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.state_machine import Found
from engine.poller.batched_io import Doors
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Served, ServedBots
from engine.runtime.server_clock import ServerClock
from engine.runtime.telemetry import logger
from engine.security.signed_links import SignedLinks
from storage.postgres.deliveries.report import Report, Reported
from storage.redis.timer_values import NOTHING_ARMED, Held, Lost, NextTimer, Ticket

Result = TypeVar("Result")

REST_MS: Final = 1_000
"""How long a chat waits when only time can clear what holds it up."""


class JourneyEnd(StrEnum):
    """How a journey ended, for the lane: what to count, and whether the token was used."""

    SENT = "sent"
    REFUSED = "refused"
    WAITING = "waiting"
    BUSY = "busy"
    HELD = "held"
    UNAUTHORIZED = "unauthorized"


USED_A_TOKEN: Final = frozenset({JourneyEnd.SENT, JourneyEnd.REFUSED, JourneyEnd.HELD, JourneyEnd.UNAUTHORIZED})
"""Telegram answered."""
LEFT_A_TOKEN: Final = frozenset({JourneyEnd.WAITING})
"""The token goes back. `BUSY` is not among them: a wait for an upload is retried so often that it must cost one."""


class Journey(NamedTuple):
    """One chat, one claim."""

    doors: Doors
    catalogue: ServedBots
    clock: ServerClock
    links: SignedLinks
    owners: frozenset[int]
    bot: Served
    held: Held
    permit: SendPermit
    has_claimed: bool = False
    """A block is ours to send, and what becomes of it is ours to record."""

    @property
    def limits(self) -> Limits:
        return self.bot.newest.limits if self.bot.newest else Limits()

    async def pinned(self, cursor: Cursor) -> Snapshot | None:
        """The version with which the step at the cursor began, or the newest."""
        look = partial(self.catalogue.version, self.bot.bot_id, cursor.pinned)
        return await self._write(look) or self.bot.newest

    async def report(self, found: Found, **what: Any) -> Reported:
        """Record in PostgreSQL what became of the block."""
        chat = (self.bot.bot_id, self.held.chat_id)
        report = Report(*chat, found.cursor, self.held.version, replan=self.bot.replan, **what)
        return await self._write(partial(self.doors.report, report))

    async def settle(self, cursor: Cursor, due_ms: int, *, urgent: bool) -> None:
        """Set the chat's timer in Redis to what is next."""
        await self._set(NextTimer(*self._ticket, due_ms, urgent, cursors.write(cursor)))

    async def wait_for_due(self, found: Found) -> None:
        await self.settle(found.cursor, found.due_ms, urgent=bool(found.cursor.pinned))

    async def wait_longer(self, until_ms: int) -> None:
        """The silence goes on, and no episode has begun."""
        await self._set(NextTimer(*self._ticket, until_ms))

    async def remove(self) -> None:
        await self._write(partial(self.doors.settle, self.bot.bot_id, NextTimer(*self._ticket, NOTHING_ARMED)))

    async def arm_again(self, last_active_ms: int, newest: Snapshot) -> None:
        """Redis forgot a sign of life that PostgreSQL has: the silence counts from there."""
        due_ms = last_active_ms + newest.threshold_ms
        lost = Lost(self.held.chat_id, last_active_ms, due_ms, on_wire=False, opaque="")
        await self.doors.restore(self.bot.bot_id, lost)
        self.permit.note_due(due_ms)

    async def _set(self, timer: NextTimer) -> None:
        await self._write(partial(self.doors.settle, self.bot.bot_id, timer))
        self.permit.note_due(timer.due_ms)

    @property
    def _ticket(self) -> Ticket:
        return Ticket(self.held.chat_id, self.held.version)

    def hold(self, for_ms: int) -> int:
        """Telegram asks the whole bot to wait: here that holds at once. Returns until when, in ms."""
        self.permit.hold(for_ms)
        return self.clock.now_ms() + for_ms

    async def share_hold(self, until_ms: int) -> None:
        """A successor must know of it too."""
        await self._write(partial(self.doors.hold, self.bot.bot_id, until_ms))

    async def mark_unreachable(self, since_ms: int) -> None:
        await self._write(partial(self.doors.mark_unreachable, self.bot.bot_id, self.held.chat_id, since_ms))

    async def tell_of_block(self, cursor: Cursor, trouble: str, detail: str) -> None:
        """Tell the bot's admins what is wrong with a block."""
        await self._write(partial(self.doors.tell_of_block, self.bot.bot_id, cursor, trouble, detail))

    async def _write(self, write: Callable[[], Awaitable[Result]]) -> Result:
        """Once a block is claimed, wait until the server takes it."""
        if not self.has_claimed:
            return await write()
        return await self.permit.unrecorded.record(write, self._named_logger)

    def _named_logger(self) -> Any:
        return logger().bind(bot=self.bot.username, chat=self.held.chat_id)

    def note(self, event: str, cursor: Cursor, **fields: Any) -> None:
        logger().info(
            event,
            bot=self.bot.username,
            chat=self.held.chat_id,
            version=self.held.version,
            episode=cursor.episode_id,
            step=cursor.step,
            block=cursor.block,
            **fields,
        )
