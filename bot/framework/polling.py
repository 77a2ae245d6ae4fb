"""Fetches the manager's updates: each is decoded by itself, and what may be handled is handled side by side.

One that cannot be decoded is counted; one whose handling fails although every message gets a reply leaves a stack
trace. Of both the log has the number and the kind alone. A bad update is acknowledged like any other, so that the next
one is answered. An update is acknowledged as its handling begins: an admin sees what a tap has done, and a repeated tap
could do it twice.
"""

import asyncio
from typing import Final, NamedTuple

from aiogram.enums import UpdateType

from bot.framework.intake import Intake
from bot.framework.sender import WANTED
from engine.runtime.telemetry import logger
from engine.telegram import raw_updates
from engine.telegram.client import BotApi
from engine.telegram.raw_updates import NOTHING_NUMBERED, Label
from engine.telegram.refused_call import Refused

_KINDS: Final = frozenset(UpdateType)
_TIMEOUT_S: Final = 30
_ANSWER_S: Final = 20
_BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0)


class Polled(NamedTuple):
    updates: int


class Polling:
    def __init__(self, api: BotApi, intake: Intake) -> None:
        self._api = api
        self._intake = intake
        self._offset = 0
        self._failures = 0

    async def run_once(self) -> Polled | Refused:
        """Fetch what is waiting, and begin to handle it."""
        polled = await self._poll()
        if isinstance(polled, Refused):
            logger().warning("Updates not fetched", code=polled.code, description=polled.description)
        return polled

    async def rest(self, polled: Polled | Refused | None) -> None:
        """The next poll follows at once; after a failure the pause grows."""
        self._failures = 0 if isinstance(polled, Polled) else self._failures + 1
        if self._failures:
            await asyncio.sleep(_BACKOFF_S[min(self._failures, len(_BACKOFF_S)) - 1])

    async def _poll(self) -> Polled | Refused:
        found = await self._fetch()
        if isinstance(found, Refused):
            return found
        labels = [self._take(update) for update in found]
        self._offset = _offset_after(labels)
        return NOTHING_NUMBERED if labels and not self._offset else Polled(len(found))

    async def _fetch(self) -> list[bytes] | Refused:
        asked = {"offset": self._offset, "timeout": _TIMEOUT_S, "allowed_updates": WANTED}
        body = await self._api.post("getUpdates", asked, _TIMEOUT_S + _ANSWER_S)
        return body if isinstance(body, Refused) else raw_updates.cut(body)

    def _take(self, raw: bytes) -> Label:
        label = raw_updates.label(raw, _KINDS)
        self._intake.take(raw, label)
        return label


def _offset_after(labels: list[Label]) -> int:
    """What acknowledges these updates.

    An empty answer has acknowledged everything, so that nothing needs to be said about the past: after a week without
    an update Telegram may restart its numbering lower.
    """
    numbers = [label.number for label in labels if label.number is not None]
    return numbers[-1] + 1 if numbers else 0
