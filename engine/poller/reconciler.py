"""Compares Redis with PostgreSQL, slowly and without end, and mends where they differ: the last net below all others.

Every open episode has a timer, for only what ends it takes the timer away. If a process dies between the two, the
episode would stay open for ever, with a delivery that nobody sends. So a walk looks at the open episodes of each bot.
If two walks, a minute apart, find no timer for the same episode, then

- what PostgreSQL knows of the chat ends it: a payment, an opt-out, a block;
- while the campaign is finishing, nothing else but a sign of life takes a timer away: it ends as returned;
- else Redis has lost the timer, and gets it back. The next claim decides, from what PostgreSQL knows by then.

Redis itself is walked too: a chat of which it has a state without a timer, or a timer without a state, is mended.

A turn looks at one page of one bot, the one that has waited longest: one statement of 512 rows at most and one look at
the states of their chats, or 512 places of Redis in one script. A bot whose timers are being rebuilt is left alone.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from math import inf
from typing import Final, NamedTuple

from engine.core.delivery import cursor
from engine.core.delivery.gate import Reason
from engine.core.delivery.lane_state import LaneState
from engine.poller.served_bots import Served, ServedBots
from engine.runtime import metrics
from engine.runtime.elapsed import elapsed_s
from engine.runtime.server_clock import ServerClock
from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import logger
from storage.postgres import chats, payments
from storage.postgres.chats import Life
from storage.postgres.open_episodes import OpenEpisode, list_open
from storage.postgres.payments import Earning
from storage.postgres.pool import Pool, transaction
from storage.postgres.statements import PAGE
from storage.redis import bot_state
from storage.redis.client import Redis
from storage.redis.timer_values import Lost
from storage.redis.timers import Timers

TURN_S: Final = 2.0
REST_S: Final = 60.0
"""Between two walks of a bot. Whatever takes a timer away ends its episode sooner."""
MOST_MISSING: Final = 512
"""Episodes of a bot that one walk remembers for the next; more are left to later walks."""


class Mended(NamedTuple):
    """How many episodes were ended, how many timers came back, and how many halves of chats were made whole."""

    ended: int = 0
    restored: int = 0
    halves: int = 0


class Stage(StrEnum):
    """What a walk looks through, one after the other."""

    EPISODES = "episodes"
    STATES = "states"
    TIMERS = "timers"


class Walk(NamedTuple):
    """How far a walk has come: to which chat, or to which place in Redis. Each walk is of one generation of the timers.

    The episodes without a timer are those that it and the walk before have found.
    """

    generation: str | None = None
    stage: Stage = Stage.EPISODES
    place: int = -1
    missing: frozenset[tuple[int, int]] = frozenset()
    missing_before: frozenset[tuple[int, int]] = frozenset()
    looked_s: float = -inf
    begins_s: float = -inf


class Reconciler:
    """`ours`: whether this process serves the bot."""

    def __init__(
        self,
        pool: Pool,
        client: Redis,
        timers: Timers,
        catalogue: ServedBots,
        clock: ServerClock,
        ours: Callable[[int], bool],
        elapsed_s: Callable[[], float] = elapsed_s,
    ) -> None:
        self._pool = pool
        self._client = client
        self._timers = timers
        self._catalogue = catalogue
        self._clock = clock
        self._ours = ours
        self._elapsed_s = elapsed_s
        self._walks: dict[int, Walk] = {}

    async def run(self) -> None:
        """Run until cancelled; a walk that was cut short begins again."""
        await run_service(self.run_once, pause(TURN_S), "Redis not compared with PostgreSQL")

    async def run_once(self) -> Mended:
        """Look at one page of the bot that has waited longest. Raises UnreachableError."""
        served = {bot.bot_id: bot for bot in self._catalogue.bots.values() if self._may_look_at(bot)}
        self._walks = {bot_id: self._walks.get(bot_id, Walk()) for bot_id in served}
        now_s = self._elapsed_s()
        waiting = [bot_id for bot_id, walk in self._walks.items() if walk.begins_s <= now_s]
        if not waiting:
            return Mended()
        bot = served[min(waiting, key=lambda bot_id: self._walks[bot_id].looked_s)]
        walk = self._walks[bot.bot_id] = self._walks[bot.bot_id]._replace(looked_s=now_s)
        mended = await self._go_on(bot, walk)
        _tell(bot, mended)
        return mended

    def _may_look_at(self, bot: Served) -> bool:
        """What a lane that is shut or draining leaves behind is held, or ended, by others."""
        is_at_work = bot.state in (LaneState.OPEN, LaneState.FINISHING) and not self._catalogue.clocks_apart
        return is_at_work and bot.newest is not None and self._ours(bot.bot_id)

    async def _go_on(self, bot: Served, walk: Walk) -> Mended:
        generation = await bot_state.generation(self._client, bot.bot_id)
        if generation is None or generation != walk.generation:
            self._walks[bot.bot_id] = Walk(generation, looked_s=walk.looked_s)
            return Mended()
        if walk.stage is Stage.EPISODES:
            return await self._compare(bot, walk)
        mend = self._timers.mend_states if walk.stage is Stage.STATES else self._timers.mend_members
        place, halves = await mend(bot.bot_id, walk.place)
        self._walks[bot.bot_id] = walk._replace(place=place) if place else self._after(walk)
        return Mended(halves=halves)

    def _after(self, walk: Walk) -> Walk:
        """The next stage, or the next walk."""
        if walk.stage is not Stage.TIMERS:
            stage = Stage.STATES if walk.stage is Stage.EPISODES else Stage.TIMERS
            return walk._replace(stage=stage, place=0)
        return Walk(
            walk.generation,
            missing_before=walk.missing,
            looked_s=walk.looked_s,
            begins_s=self._elapsed_s() + REST_S,
        )

    async def _compare(self, bot: Served, walk: Walk) -> Mended:
        """A delivery that is being sent is its claim's, or the reaper's."""
        page = await list_open(self._pool, bot.bot_id, walk.place)
        versions = await self._timers.versions(bot.bot_id, [one.chat_id for one in page]) if page else []
        missing = {
            (one.chat_id, one.episode_id): one
            for one, version in zip(page, versions, strict=True)
            if version is None and one.status != "sending"
        }
        mended = await self._mend(bot, [one for key, one in missing.items() if key in walk.missing_before])
        found = sorted(walk.missing | (missing.keys() - walk.missing_before))[:MOST_MISSING]
        walk = walk._replace(missing=frozenset(found))
        is_last = len(page) < PAGE
        self._walks[bot.bot_id] = self._after(walk) if is_last else walk._replace(place=page[-1].chat_id)
        return mended

    async def _mend(self, bot: Served, lasting: Sequence[OpenEpisode]) -> Mended:
        """Each by the first cause that holds, in the order of the gate."""
        skip_paid = bot.newest is not None and bot.newest.skip_paid
        left = list(lasting)
        unreachable, left = _split(left, lambda one: one.unreachable)
        opted_out, left = _split(left, lambda one: one.opted_out)
        paid, left = _split(left, lambda one: skip_paid and one.paid_at is not None)
        returned, lost = (left, []) if bot.state is LaneState.FINISHING else ([], left)
        ended = await self._conclude(bot, unreachable, Reason.UNREACHABLE)
        ended += await self._conclude(bot, opted_out, Reason.OPTED_OUT)
        ended += await self._earn(bot, paid)
        ended += await self._return(bot, returned)
        return Mended(ended, await self._restore(bot, lost))

    async def _conclude(self, bot: Served, episodes: Sequence[OpenEpisode], reason: Reason) -> int:
        if not episodes:
            return 0
        of_chats = [(bot.bot_id, one.chat_id, False) for one in episodes]
        async with transaction(self._pool) as connection:
            return len(await chats.conclude(connection, of_chats, reason, self._clock.now_ms()))

    async def _earn(self, bot: Served, episodes: Sequence[OpenEpisode]) -> int:
        """The payment is credited as well, which the process that recorded it could not do any more."""
        if not episodes:
            return 0
        earnings = [Earning(bot.bot_id, one.chat_id, one.paid_at or 0, skips=True, unsent=False) for one in episodes]
        async with transaction(self._pool) as connection:
            return len(await payments.earn(connection, earnings, self._clock.now_ms()))

    async def _return(self, bot: Served, episodes: Sequence[OpenEpisode]) -> int:
        """When they returned is lost; that they did is certain."""
        if not episodes:
            return 0
        now_ms = self._clock.now_ms()
        async with transaction(self._pool) as connection:
            lives = [Life(bot.bot_id, one.chat_id, now_ms) for one in episodes]
            return len(await chats.flush(connection, lives, now_ms))

    async def _restore(self, bot: Served, episodes: Sequence[OpenEpisode]) -> int:
        lost = [_lost(one) for one in episodes]
        return sum(await self._timers.restore(bot.bot_id, lost)) if lost else 0


def _split(
    episodes: Sequence[OpenEpisode], holds: Callable[[OpenEpisode], bool]
) -> tuple[list[OpenEpisode], list[OpenEpisode]]:
    return [one for one in episodes if holds(one)], [one for one in episodes if not holds(one)]


def _lost(one: OpenEpisode) -> Lost:
    """As a rebuild would restore it."""
    place = one.cursor
    due_ms = one.due_at if one.due_at is not None else one.episode_id
    opaque = cursor.write(place) if place else ""
    return Lost(one.chat_id, one.episode_id, due_ms, on_wire=False, opaque=opaque, version=one.version or 0)


def _tell(bot: Served, mended: Mended) -> None:
    for how, count in mended._asdict().items():
        metrics.drift.labels(how).inc(count)
    if any(mended):
        logger().warning("Redis and PostgreSQL did not agree, and were mended", bot=bot.username, **mended._asdict())
