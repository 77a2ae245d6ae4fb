"""Taps on tracked links: each is counted once, and the first of a delivery is a sign of life.

Look, touch, count, in this order: a touch that fails leaves the tap uncounted, so that it is tried again. Two taps at
the same moment may both touch, which moves the timer to the same place. While Redis or PostgreSQL does not answer,
nothing is sent to anybody, so a tap waits here, and is tried again for about a minute. A link that is opened over and
over costs nothing after the first time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from engine.chats.activity import Activity
from engine.core.delivery import tap
from engine.core.delivery.tracked_link import Reference, TrackedButton
from engine.core.errors import RecoveryError
from engine.runtime import metrics
from engine.runtime.shared_room import is_over_share
from engine.runtime.telemetry import logger
from storage.postgres import clicks
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.server_clock import bot_now_ms

NOTE_S: Final = 0.5
"""How long a person waits for their tap to be recorded; then it is recorded in the background."""
ROOM: Final = 1_000
"""Taps that may wait to be recorded, shared by the bots; a tap that finds no room is lost."""
TOGETHER: Final = 4
"""Taps that are recorded at once: the rest of the connections is for updates."""
AGAIN_S: Final = 2.0
"""Between two tries: once the servers are back, reminders are sent again, so the tap may not be much later."""
TRIES: Final = 32
REMEMBERED: Final = 10_000
"""Links that need not be looked at again, those opened most recently."""


class Taps:
    """`watched`: the engine waits for the bot's users, so a sign of life is more than a line in the database."""

    def __init__(self, pool: Pool, client: Redis, activity: Activity, watched: Callable[[int], bool]) -> None:
        self._pool = pool
        self._client = client
        self._activity = activity
        self._watched = watched
        self._noting: dict[Reference, asyncio.Task[None]] = {}
        self._noted: OrderedDict[Reference, None] = OrderedDict()
        self._together = asyncio.Semaphore(TOGETHER)

    async def note(self, reference: Reference, button: TrackedButton) -> None:
        """Return when the tap is recorded, or when the person has waited long enough."""
        if reference in self._noted:
            self._noted.move_to_end(reference)
            return
        task = self._noting.get(reference) or self._begin(reference, button)
        if task:
            await asyncio.wait({task}, timeout=NOTE_S)

    def end(self) -> None:
        """Drop the taps that are not recorded yet."""
        if self._noting:
            logger().warning("Taps not recorded: the receiver ends", taps=len(self._noting))
        for task in list(self._noting.values()):
            task.cancel()

    def _begin(self, reference: Reference, button: TrackedButton) -> asyncio.Task[None] | None:
        of_bot = sum(one.bot_id == reference.bot_id for one in self._noting)
        if is_over_share(of_bot, len(self._noting), ROOM):
            metrics.lost_taps.inc()
            return None
        task = asyncio.create_task(self._take(reference, button))
        self._noting[reference] = task
        task.add_done_callback(lambda _: self._noting.pop(reference))
        return task

    async def _take(self, reference: Reference, button: TrackedButton) -> None:
        try:
            await self._record_at_last(reference, button)
            self._remember(reference)
        except RecoveryError as error:
            metrics.lost_taps.inc()
            logger().warning("Tap not recorded", bot=reference.bot_id, error=error)
        except Exception:  # noqa: BLE001 - the person is on their way all the same
            metrics.lost_taps.inc()
            logger().exception("Tap not recorded")

    async def _record_at_last(self, reference: Reference, button: TrackedButton) -> None:
        """Raises the last try's RecoveryError."""
        for _ in range(TRIES - 1):
            try:
                await self._record(reference, button)
                break
            except RecoveryError:
                await asyncio.sleep(AGAIN_S)
        else:
            await self._record(reference, button)

    async def _record(self, reference: Reference, button: TrackedButton) -> None:
        async with self._together:
            delivery = await clicks.find(self._pool, reference, button)
            now_ms = await bot_now_ms(self._client, reference.bot_id)
            if delivery is None or not tap.counts(delivery, now_ms):
                return
            if tap.is_sign_of_life(delivery, now_ms):
                await self._touch(reference.bot_id, reference.chat_id)
            await clicks.count(self._pool, reference, button, now_ms)

    async def _touch(self, bot_id: int, chat_id: int) -> None:
        """A link works outside the chat, so the tap of somebody who has blocked the bot changes nothing."""
        if self._watched(bot_id) and await self._activity.knows(bot_id, chat_id):
            await self._activity.mark_user_activity(bot_id, chat_id)

    def _remember(self, reference: Reference) -> None:
        self._noted[reference] = None
        if len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)
