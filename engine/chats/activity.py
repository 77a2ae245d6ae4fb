"""Signs of life, from whichever door they come: a touch first, then a line behind in PostgreSQL.

`mark_user_activity` is the public door for other code, and `mark_users_active` the one for many chats of a bot at once.
The touches of many callers share a script call. Calls of one bot may overtake one another: a chat's last seen never
goes back, and each touch gives it a new version. Last activity is written behind, coalesced by chat, after a few
seconds; a sign that broke an episode is written at once. Writes that PostgreSQL does not take stay here and are tried
again. The touches of the last minute are kept, to be repeated into a Redis that may have lost them. Both are bounded,
and shared by the bots: a bot over its share is refused alone, so that no update is acknowledged in vain.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import compress
from typing import Final, NamedTuple

from engine.chats.acquaintance import Acquaintance
from engine.chats.recent_signs import RecentSigns
from engine.chats.waiting_lives import ROOM, WaitingLives
from engine.core.delivery import cursor
from engine.core.delivery.gate import Reason
from engine.core.errors import OverloadError, UnreachableError
from engine.core.identity import SECOND_MS
from engine.runtime import metrics
from engine.runtime.batcher import Batcher
from engine.runtime.elapsed import elapsed_s
from engine.runtime.overloads import Overloads
from engine.runtime.process import any_set
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from storage.postgres import chats
from storage.postgres.chats import Life
from storage.postgres.incidents import ACTIVITY_OVERLOAD
from storage.postgres.pool import Pool, transaction
from storage.postgres.receiver_bots import Watched
from storage.redis.ownership import OwnCode
from storage.redis.timer_values import Confirmed, Holding, Interrupted, Sign
from storage.redis.timers import BATCH, Timers

FLUSH_S: Final = 5.0
TOGETHER: Final = 2
"""Calls of a bot that are under way at once: one is written down here while Redis works at the other."""


class Profile(NamedTuple):
    """What an update says about a user, for the admins' screens."""

    first_name: str | None = None
    username: str | None = None
    language: str | None = None


NOBODY: Final = Profile()


class Active(NamedTuple):
    """A sign of life, and what it says about the user."""

    sign: Sign
    person: Profile = NOBODY


class Activity:
    """Every method raises UnreachableError while Redis does not answer: the caller must not acknowledge then."""

    def __init__(self, pool: Pool, timers: Timers, watched: Callable[[int], Watched | None], room: int = ROOM) -> None:
        self._pool = pool
        self._timers = timers
        self._watched = watched
        acquaintance = Acquaintance(pool, timers)
        self.knows, self.which_are_known = acquaintance.knows, acquaintance.which_are_known
        self._touches: dict[int, Batcher[Active, int]] = {}
        self._waiting = WaitingLives(room)
        self._recent = RecentSigns(room)
        self._confirmed: dict[int, int] = {}
        self._urgent = asyncio.Event()
        self.overloads = Overloads()

    async def mark_user_activity(self, bot_id: int, chat_id: int, seen_ms: int = 0, person: Profile = NOBODY) -> None:
        """Record a sign of life: `seen_ms` 0 counts as now. When it returns, no older send can pass any more."""
        if not self._waiting.has_room(bot_id, chat_id):
            raise self._overloaded(bot_id, 1)
        await self._touches_of(bot_id)(Active(Sign(chat_id, seen_ms), person))

    async def mark_users_active(self, bot_id: int, several: Sequence[Active]) -> None:
        """The same for many at once. Raises OverloadError if some find no room; those that do are recorded first."""
        self._touches_of(bot_id)
        fit = list(compress(several, self._waiting.have_room(bot_id, [one.sign.chat_id for one in several])))
        for start in range(0, len(fit), BATCH):
            await self._touch(bot_id, fit[start : start + BATCH])
        if len(fit) < len(several):
            raise self._overloaded(bot_id, len(several) - len(fit))

    def _touches_of(self, bot_id: int) -> Batcher[Active, int]:
        if bot_id not in self._touches:
            self._urgent.set()
            self._touches[bot_id] = Batcher(partial(self._touch, bot_id), limit=BATCH, at_once=TOGETHER)
        return self._touches[bot_id]

    def _overloaded(self, bot_id: int, refused: int) -> OverloadError:
        self.overloads.note(bot_id, ACTIVITY_OVERLOAD, refused)
        return OverloadError("More activity of this bot waits for PostgreSQL than its share: check DATABASE_URL.")

    async def confirm(self, bot_id: int, holding: Holding, upto_ms: int = 0, least_ms: int = 0) -> Confirmed | None:
        """Confirm that every update of the bot up to that moment (0 is now) has been taken in.

        Returns how its timers stand. None: this process does not, or no longer, receive the bot's updates. Nothing is
        confirmed if Redis's clock shows less than `least_ms`.
        """
        confirmed = await self._timers.confirm(bot_id, holding, upto_ms, least_ms)
        if confirmed.code is not OwnCode.OURS:
            return None
        self._confirmed[bot_id] = upto_ms or confirmed.now_ms
        return confirmed

    def confirmed_ms(self, bot_id: int) -> int:
        """Up to when this process has last confirmed the bot's updates; 0 if it never has."""
        return self._confirmed.get(bot_id, 0)

    async def repeat(self) -> frozenset[int]:
        """Touch again for the signs of the last minute, and for those that PostgreSQL has not taken yet: Redis does
        not count a known sign twice. Returns the bots whose touches could not be repeated; they wait side by side.
        """
        recent, waiting = self._recent.of_bots(), self._waiting.of_bots()
        bots = sorted(recent.keys() | waiting.keys())
        signs = ((bot_id, [*recent.get(bot_id, ()), *waiting.get(bot_id, ())]) for bot_id in bots)
        repeated = await asyncio.gather(*(self._is_repeated(*of_bot) for of_bot in signs))
        return frozenset(bot_id for bot_id, done in zip(bots, repeated, strict=True) if not done)

    async def _is_repeated(self, bot_id: int, signs: Sequence[Sign]) -> bool:
        try:
            await self._repeat(bot_id, signs)
        except UnreachableError as error:
            logger().warning("Touches not repeated yet", bot=self.name(bot_id), error=error)
            return False
        return True

    async def _repeat(self, bot_id: int, signs: Sequence[Sign]) -> None:
        for start in range(0, len(signs), BATCH):
            await self._timers.touch(bot_id, signs[start : start + BATCH], self.threshold_ms(bot_id))
        logger().info("Touches repeated into another Redis", bot=self.name(bot_id), touches=len(signs))

    async def run(self) -> None:
        """Flush every few seconds, or at once when an episode was broken; until cancelled."""
        await run_service(self.flush, self._rest, "Activity could not be written")

    async def _rest(self, flushed: object) -> None:
        """After a failure no sign of life is urgent enough to try again at once."""
        if flushed is None:
            await asyncio.sleep(FLUSH_S)
        await any_set(self._flush_s(), self._urgent)

    def _flush_s(self) -> float:
        """A new person's name must be there when the first reminder is due, however short the threshold."""
        thresholds = filter(None, map(self.threshold_ms, self._touches))
        return min([FLUSH_S, *(threshold_ms / 2_000 for threshold_ms in thresholds)])

    async def flush(self) -> bool:
        """Write the waiting lives down; False if some could not be written and go on waiting."""
        self._urgent.clear()
        while lives := self._waiting.take(BATCH):
            try:
                await self._write_or_keep(lives)
            except UnreachableError as error:
                logger().warning("Activity waits for PostgreSQL", chats=len(self._waiting), error=error)
                return False
        return True

    async def _write_or_keep(self, lives: Sequence[Life]) -> None:
        """Whatever interrupts it, a cancellation included, leaves the activities waiting: writing them twice is
        harmless.
        """
        try:
            await self._write(lives)
        except BaseException:
            for life in lives:
                self._waiting.put(life)
            raise

    async def _write(self, lives: Sequence[Life]) -> None:
        newest = max(life.last_active_ms for life in lives)
        async with transaction(self._pool) as connection:
            await chats.flush(connection, lives, newest)

    async def _touch(self, bot_id: int, several: Sequence[Active]) -> list[int]:
        touched = await self._timers.touch(bot_id, [one.sign for one in several], self.threshold_ms(bot_id))
        metrics.touches.inc(len(several))
        now_ms = touched.now_ms
        seen = [sign if 0 < sign.seen_ms <= now_ms else Sign(sign.chat_id, now_ms) for sign, _ in several]
        self._recent.keep(bot_id, seen, int(elapsed_s() * 1000))
        unsent = {item.chat_id: _unsent(item) for item in touched.interrupted}
        after = {item.chat_id: _after(item) for item in touched.interrupted}
        lives = [
            Life(
                bot_id,
                chat_id,
                max(seen_ms, after.get(chat_id, 0)),
                first_name,
                username,
                language,
                unsent.get(chat_id),
            )
            for (chat_id, seen_ms), (_, (first_name, username, language)) in zip(seen, several, strict=True)
        ]
        self._waiting.put_all(bot_id, lives)
        for item in touched.interrupted:
            self._note_return(bot_id, item)
        return [now_ms] * len(several)

    def threshold_ms(self, bot_id: int) -> int | None:
        bot = self._watched(bot_id)
        return bot.threshold_ms if bot else None

    def name(self, bot_id: int) -> str:
        bot = self._watched(bot_id)
        return bot.username if bot else str(bot_id)

    def _note_return(self, bot_id: int, item: Interrupted) -> None:
        self._urgent.set()
        place = cursor.read(item.opaque)
        logger().info(
            "Recovery episode ended",
            bot=self.name(bot_id),
            chat=item.chat_id,
            episode=place and place.episode_id,
            step=place and place.step,
            block=place and place.block,
            reason=Reason.RETURNED,
        )


def _after(broken: Interrupted) -> int:
    """The earliest last seen that ends the broken episode. The sign itself may be earlier if the clock was put back."""
    place = cursor.read(broken.opaque)
    return (place.episode_id // SECOND_MS + 1) * SECOND_MS if place else 0


def _unsent(broken: Interrupted) -> int | None:
    """The episode that was broken while surely none of its messages was on the wire."""
    place = None if broken.on_wire else cursor.read(broken.opaque)
    return place.episode_id if place else None
