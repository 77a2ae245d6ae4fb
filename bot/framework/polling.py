"""The manager's updates: each is decoded by itself, and all are handled side by side.

One that cannot be decoded is counted; one whose handling fails although every message gets a reply leaves a stack
trace. Of both the log has the number and the kind alone. A bad update is acknowledged like any other, so that the next
one is answered. An update is acknowledged as its handling begins: an admin sees what a tap has done, and a repeated tap
could do it twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec
from aiogram.enums import UpdateType
from aiogram.types import Update

from engine.runtime import metrics
from engine.runtime.telemetry import logger
from engine.telegram import raw_updates
from engine.telegram.client import BotApi
from engine.telegram.raw_updates import NOTHING_NUMBERED, Label
from engine.telegram.refused_call import UNREADABLE, Refused

_WANTED: Final = (UpdateType.MESSAGE, UpdateType.CALLBACK_QUERY)
_ALLOWED: Final = msgspec.json.encode(_WANTED).decode()
_KINDS: Final = frozenset(UpdateType)
_TIMEOUT_S: Final = 30
_ANSWER_S: Final = 20
_BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0)
_MOST_AT_WORK: Final = 1_000
"""Strangers who write faster than they can be answered wait at Telegram, not in our memory."""
_SHUTDOWN_S: Final = 5


class Polled(NamedTuple):
    updates: int


class Polling:
    """`handle` gets each update that the manager can read."""

    def __init__(self, api: BotApi, handle: Callable[[Update], Awaitable[object]], context: dict[str, Any]) -> None:
        """`context` is what aiogram's models are made with: the bot through which a message is answered."""
        self._api = api
        self._handle = handle
        self._context = context
        self._at_work: set[asyncio.Task[None]] = set()
        self._offset = 0
        self._failures = 0

    async def run_once(self) -> Polled | Refused:
        """Fetch what is waiting, and begin to handle it."""
        while len(self._at_work) >= _MOST_AT_WORK:
            await asyncio.wait(self._at_work, return_when=asyncio.FIRST_COMPLETED)
        polled = await self._poll()
        if isinstance(polled, Refused):
            logger().warning("Updates not fetched", code=polled.code, description=polled.description)
        return polled

    async def rest(self, polled: Polled | Refused | None) -> None:
        """The next poll follows at once; after a failure the pause grows."""
        self._failures = 0 if isinstance(polled, Polled) else self._failures + 1
        if self._failures:
            await asyncio.sleep(_BACKOFF_S[min(self._failures, len(_BACKOFF_S)) - 1])

    async def finish(self) -> None:
        """Wait briefly for what is in progress, once nothing new is fetched."""
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=_SHUTDOWN_S)

    async def _poll(self) -> Polled | Refused:
        found = await self._fetch()
        if isinstance(found, Refused):
            return found
        labels = [self._begin(update) for update in found]
        self._offset = _offset_after(labels)
        return NOTHING_NUMBERED if labels and not self._offset else Polled(len(found))

    async def _fetch(self) -> list[bytes] | Refused:
        asked = {"offset": self._offset, "timeout": _TIMEOUT_S, "allowed_updates": _ALLOWED}
        body = await self._api.post("getUpdates", asked, _TIMEOUT_S + _ANSWER_S)
        return body if isinstance(body, Refused) else raw_updates.cut(body)

    def _begin(self, raw: bytes) -> Label:
        label = raw_updates.label(raw, _KINDS)
        task = asyncio.create_task(self._take(raw, label))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return label

    async def _take(self, raw: bytes, label: Label) -> None:
        update = self._read(raw, label)
        if update is None:
            metrics.unreadable.inc()
            logger().warning("Update left out: it cannot be read", update=label.number, kind=label.kind)
            return
        try:
            await self._handle(update)
        except Exception:  # noqa: BLE001 - an update never ends the loop
            logger().exception("Update not handled", update=label.number, kind=label.kind)

    def _read(self, raw: bytes, label: Label) -> Update | None:
        if label.kind not in _WANTED:
            return None
        try:
            update = Update.model_validate(msgspec.json.decode(raw), context=self._context)
        except (*UNREADABLE, ValueError):  # the models refuse with a ValueError of their own
            return None
        return update if getattr(update, label.kind) else None


def _offset_after(labels: list[Label]) -> int:
    """What acknowledges these updates.

    An empty answer has acknowledged everything, so that nothing needs to be said about the past: after a week without
    an update Telegram may restart its numbering lower.
    """
    numbers = [label.number for label in labels if label.number is not None]
    return numbers[-1] + 1 if numbers else 0
