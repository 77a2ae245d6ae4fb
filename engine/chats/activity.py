"""Signs of life, from whichever door they come: a touch first, then a line behind in PostgreSQL.

`mark_user_activity` is the public door for other code. The touches of many callers share a script call. Last activity
is written behind, coalesced by chat, after a few seconds; a sign that broke an episode is written at once. Writes that
PostgreSQL does not take stay here and are tried again. The touches of the last minute are kept, to be repeated into a
Redis that may have lost them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Final, NamedTuple

from engine.chats.acquaintance import Acquaintance
from engine.core.delivery import cursor
from engine.core.delivery.gate import Reason
from engine.core.errors import UnreachableError
from engine.runtime import metrics
from engine.runtime.batcher import Batcher
from engine.runtime.process import any_set
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from storage.postgres import chats
from storage.postgres.chats import Life
from storage.postgres.pool import Pool, transaction
from storage.postgres.receiver_bots import Watched
from storage.redis.ownership import OwnCode
from storage.redis.timers import BATCH, Holding, Interrupted, Sign, Timers, Touched

FLUSH_S: Final = 5.0
REPLAY_MS: Final = 60_000
MAX_WAITING: Final = 200_000
"""Activities that may wait for PostgreSQL; beyond this touches are refused, so that no update is acknowledged in vain.
"""


class Profile(NamedTuple):
    """What an update says about a user, for the admins' screens."""

    first_name: str | None = None
    username: str | None = None
    language: str | None = None


NOBODY: Final = Profile()


class _Call(NamedTuple):
    chat_id: int
    seen_ms: int
    person: Profile


class _Replay(NamedTuple):
    at_ms: int
    bot_id: int
    sign: Sign


class Activity:
    """Every method raises UnreachableError while Redis does not answer: the caller must not acknowledge then."""

    def __init__(self, pool: Pool, timers: Timers, watched: Callable[[int], Watched | None]) -> None:
        self._pool = pool
        self._timers = timers
        self._watched = watched
        self.knows = Acquaintance(pool, timers).knows
        self._touches: dict[int, Batcher[_Call, int]] = {}
        self._waiting: dict[tuple[int, int], Life] = {}
        self._urgent = asyncio.Event()
        self._recent: deque[_Replay] = deque()

    async def mark_user_activity(self, bot_id: int, chat_id: int, seen_ms: int = 0, person: Profile = NOBODY) -> None:
        """Record a sign of life: `seen_ms` 0 counts as now. When it returns, no older send can pass any more."""
        if len(self._waiting) >= MAX_WAITING:
            raise UnreachableError("PostgreSQL has not taken activity for too long: check DATABASE_URL and its log.")
        if bot_id not in self._touches:
            self._urgent.set()
            self._touches[bot_id] = Batcher(partial(self._touch, bot_id), attrgetter("chat_id"), BATCH)
        await self._touches[bot_id](_Call(chat_id, seen_ms, person))

    async def confirm(
        self, bot_id: int, holding: Holding, upto_ms: int | None = None, *, ago_ms: int = 0
    ) -> Touched | None:
        """Confirm that every update of the bot up to that moment has been taken in; returns how its timers stand.

        None: this process does not, or no longer, receive the bot's updates.
        """
        looked = await self._timers.touch(bot_id, [], self.threshold_ms(bot_id))
        confirmed = await self._timers.confirm(bot_id, holding, looked.now_ms - ago_ms if upto_ms is None else upto_ms)
        return looked._replace(now_ms=confirmed.now_ms) if confirmed.code is OwnCode.OURS else None

    async def repeat(self) -> None:
        """Touch again for the signs of the last minutes: Redis does not count a known sign twice."""
        signs: dict[int, list[Sign]] = {}
        for item in list(self._recent):
            signs.setdefault(item.bot_id, []).append(item.sign)
        for bot_id, of_bot in signs.items():
            for start in range(0, len(of_bot), BATCH):
                await self._timers.touch(bot_id, of_bot[start : start + BATCH], self.threshold_ms(bot_id))
            logger().info("Touches repeated into another Redis", bot=self.name(bot_id), touches=len(of_bot))

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
        while self._waiting:
            lives = [self._waiting.pop(key) for key in list(islice(self._waiting, BATCH))]
            try:
                await self._write_or_keep(lives)
            except UnreachableError as error:
                logger().warning("Activity waits for PostgreSQL", chats=len(self._waiting), error=str(error))
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
                self._wait(life)
            raise

    async def _write(self, lives: Sequence[Life]) -> None:
        newest = max(life.last_active_ms for life in lives)
        async with transaction(self._pool) as connection:
            await chats.flush(connection, lives, newest)

    async def _touch(self, bot_id: int, calls: list[_Call]) -> list[int]:
        signs = [Sign(call.chat_id, call.seen_ms) for call in calls]
        touched = await self._timers.touch(bot_id, signs, self.threshold_ms(bot_id))
        metrics.touches.inc(len(calls))
        broken = {item.chat_id: item for item in touched.interrupted}
        for call in calls:
            seen = min(call.seen_ms or touched.now_ms, touched.now_ms)
            self._remember(bot_id, call.chat_id, seen, touched.now_ms)
            self._wait(Life(bot_id, call.chat_id, seen, *call.person, _unsent(broken.get(call.chat_id))))
        for item in touched.interrupted:
            self._note_return(bot_id, item)
        return [touched.now_ms] * len(calls)

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

    def _wait(self, life: Life) -> None:
        """Keep the latest activity of a chat. That an episode's send never left stays true."""
        key = (life.bot_id, life.chat_id)
        known = self._waiting.get(key, life)
        later, earlier = (life, known) if life.last_active_ms >= known.last_active_ms else (known, life)
        self._waiting[key] = later._replace(
            first_name=later.first_name or earlier.first_name,
            username=later.username or earlier.username,
            language=later.language or earlier.language,
            unsent_episode=later.unsent_episode or earlier.unsent_episode,
        )

    def _remember(self, bot_id: int, chat_id: int, seen_ms: int, now_ms: int) -> None:
        self._recent.append(_Replay(now_ms, bot_id, Sign(chat_id, seen_ms)))
        while self._recent[0].at_ms < now_ms - REPLAY_MS:
            self._recent.popleft()


def _unsent(broken: Interrupted | None) -> int | None:
    """The episode that was broken while surely none of its messages was on the wire."""
    place = cursor.read(broken.opaque) if broken and not broken.on_wire else None
    return place.episode_id if place else None
