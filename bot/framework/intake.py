"""How much work may be under way: admins come first, strangers get a small part, and each person has a bound.

The updates of strangers wait in a short queue for a few workers, whose rests keep the manager far below Telegram's
limit for one bot. What finds no room is left out and counted. So a flood never fills the memory, never holds up the
updates behind it, and leaves the servers and Telegram's patience to the admins.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiogram.types import Update

from bot.framework.admission import Admission, Entry
from bot.framework.sender import WANTED, Sender, read_sender
from bot.framework.sparse_warning import SparseWarning
from engine.runtime import metrics
from engine.runtime.task_queue import TaskQueue
from engine.runtime.telemetry import logger
from engine.telegram.raw_updates import Label
from engine.telegram.refused_call import UNREADABLE

MOST_EACH: Final = 100
"""Updates of one admin: of further ones only the newest waits, and the admin is told how many were left out."""
MANY_AT_WORK: Final = 1_000
FEW_EACH: Final = 10
"""While so many are at work, each admin has less room, so that a few admins who flood shut out no other."""
MOST_STRANGERS: Final = 100
STRANGERS_AT_ONCE: Final = 4
REST_S: Final = 0.5
_SHUTDOWN_S: Final = 5.0


class _Beyond(msgspec.Struct):
    """What came beyond an admin's room: the newest is handled at last, since it is what they wait for."""

    newest: tuple[bytes, Label]
    left_out: int = 0


class Intake:
    """`handle` gets each update that may be handled; `tell` tells an admin how many were left out.

    `context` is what aiogram's models are made with: the bot through which a message is answered.
    """

    def __init__(
        self,
        admission: Admission,
        handle: Callable[[Update], Awaitable[object]],
        tell: Callable[[Sender, int], Awaitable[object]],
        context: dict[str, Any],
    ) -> None:
        self._admission = admission
        self._handle = handle
        self._tell = tell
        self._context = context
        self._at_work: set[asyncio.Task[None]] = set()
        self._of_each: Counter[int] = Counter()
        self._beyond: dict[int, _Beyond] = {}
        self._strangers = TaskQueue(self._handle_queued, STRANGERS_AT_ONCE, REST_S, MOST_STRANGERS)
        self._silence = SparseWarning("Strangers not answered: they wrote again within the hour, or too many wrote")
        self._unreadable = SparseWarning("Update left out: it cannot be read")

    def take(self, raw: bytes, label: Label) -> None:
        """Begin to handle an update, let it wait, or leave it out."""
        try:
            sender = read_sender(raw)
        except UNREADABLE:
            self._refuse(label)
            return
        if label.kind not in WANTED:
            self._refuse(label)
        elif sender is not None:
            self._take_from(sender, raw, label)

    def _take_from(self, sender: Sender, raw: bytes, label: Label) -> None:
        match self._admission.admit(sender, room=self._strangers.has_room):
            case Entry.FIRST:
                self._begin(sender, raw, label)
            case Entry.QUEUED:
                self._strangers.put((raw, label))
            case Entry.SILENCE:
                metrics.silenced.inc()
                self._silence.note()

    async def finish(self) -> None:
        """Wait briefly for what is in progress, once nothing new is taken."""
        self._strangers.end()
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=_SHUTDOWN_S)

    def _begin(self, sender: Sender, raw: bytes, label: Label) -> None:
        if self._of_each[sender.person] >= (MOST_EACH if len(self._at_work) < MANY_AT_WORK else FEW_EACH):
            self._put_off(sender.person, raw, label)
            return
        self._of_each[sender.person] += 1
        task = asyncio.create_task(self._handle_first(sender, raw, label))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    def _put_off(self, person: int, raw: bytes, label: Label) -> None:
        before = self._beyond.get(person)
        self._beyond[person] = _Beyond((raw, label), before.left_out + 1 if before else 0)

    async def _handle_first(self, sender: Sender, raw: bytes, label: Label) -> None:
        """The last one at work handles what waits behind it. A person with nothing at work leaves the memory."""
        await self._handle_raw(raw, label)
        while self._of_each[sender.person] == 1 and (beyond := self._beyond.pop(sender.person, None)):
            await self._handle_raw(*beyond.newest)
            if beyond.left_out:
                await _safely(self._tell(sender, beyond.left_out), label)
        self._of_each[sender.person] -= 1
        if not self._of_each[sender.person]:
            del self._of_each[sender.person]

    async def _handle_queued(self, waiting: tuple[bytes, Label]) -> None:
        await self._handle_raw(*waiting)

    async def _handle_raw(self, raw: bytes, label: Label) -> None:
        update = self._read(raw, label)
        if update is None:
            self._refuse(label)
        else:
            await _safely(self._handle(update), label)

    def _read(self, raw: bytes, label: Label) -> Update | None:
        try:
            update = Update.model_validate(msgspec.json.decode(raw), context=self._context)
        except (*UNREADABLE, ValueError):  # the models refuse with a ValueError of their own
            return None
        return update if getattr(update, label.kind, None) else None

    def _refuse(self, label: Label) -> None:
        metrics.unreadable.inc()
        self._unreadable.note(update=label.number, kind=label.kind)


async def _safely(work: Awaitable[object], label: Label) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 - an update never ends the loop
        logger().exception("Update not handled", update=label.number, kind=label.kind)
