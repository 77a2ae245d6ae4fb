"""Plans waiting deliveries again when their campaign has changed, page by page, while everything else goes on.

First the timer is moved, then the row records the move and that it was looked at. If the process dies in between, the
row is looked at again; a timer that was moved too early finds its due in the row. A chat that is claimed at that
moment, or stands at another place in Redis, comes in a later walk. A bot's replans run one after the other, in the
order of their requests; each turn looks at one page of every bot, so that no bot waits for another.

A replan of a newer release is left to it and holds up nobody. If a later one of the same bot has looked at a person
meanwhile, that person's due stays as it is then.

A replan ends with a walk that moves nobody, at least a minute after the request. Chats that Redis has had at another
place for that long go on by their own timers, and are no reason to hold their whole bot.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery import cursor, replan, silence_due
from engine.core.delivery.gate import Reason
from engine.core.delivery.replan import (
    Change,
    Fate,
    Finish,
    Included,
    Move,
    Published,
    Resumed,
    Stay,
    Versions,
    Waiting,
    Welcomed,
)
from engine.core.delivery.silence_due import Pause
from engine.core.errors import RecoveryError
from engine.poller.pauses import pauses_of
from engine.poller.rebuild import arm_unheard
from engine.poller.served_bots import Served, ServedBots
from engine.runtime.server_clock import ServerClock
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from storage.postgres import replans
from storage.postgres.deliveries.report import Report, report_outcomes
from storage.postgres.pool import Pool, transaction
from storage.postgres.replans import Job, UnreadJob
from storage.redis.chat_states import Silence
from storage.redis.timer_values import Moved, MoveTo
from storage.redis.timers import Timers

TURN_S: Final = 1.0
"""Bots, and which replan is their newest, are read no more often."""
PATIENCE_MS: Final = 60_000


_PLANS_ROWS: Final = (Published, Resumed)


class ReplanTurn(NamedTuple):
    """How many people were looked at, how many replans were finished, and how many go on at once."""

    looked_at: int
    finished: int = 0
    going_on: int = 0

    def plus(self, other: "ReplanTurn") -> "ReplanTurn":
        return ReplanTurn(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Walk(NamedTuple):
    """How far a replan has walked through the chats that it concerns, and how many it has looked at and planned."""

    last_chat: int = -1
    looked_at: int = 0
    planned: int = 0


class Replanner:
    """`ours`: whether this process plans for the bot."""

    def __init__(
        self, pool: Pool, timers: Timers, catalogue: ServedBots, clock: ServerClock, ours: Callable[[int], bool]
    ) -> None:
        self._pool = pool
        self._timers = timers
        self._catalogue = catalogue
        self._clock = clock
        self._ours = ours
        self._walks: dict[int, Walk] = {}
        self._endings: dict[int, AsyncIterator[int]] = {}
        self._unread: set[int] = set()

    async def run(self) -> None:
        """Run until cancelled; the next replanner repeats what was cut short."""
        await run_service(self.run_once, self._rest, "Replan failed")

    async def _rest(self, turn: ReplanTurn | None) -> None:
        await asyncio.sleep(0 if turn and turn.going_on else TURN_S)

    async def run_once(self) -> ReplanTurn:
        """Look at one page of the chats that the oldest replan of each bot concerns. Raises UnreachableError.

        A failure for one bot is tried again in the next turn, and holds up no other bot.
        """
        bots = [bot_id for bot_id in self._catalogue.bots if self._ours(bot_id)]
        pending = await replans.pending(self._pool, bots) if bots else []
        self._tell_of_unread(pending)
        jobs = _oldest_of_each(pending)
        self._walks = {job.id: self._walks.get(job.id, Walk()) for job in jobs}
        self._endings = {job.id: self._endings[job.id] for job in jobs if job.id in self._endings}
        turn = ReplanTurn(0)
        for job in jobs:
            bot = self._catalogue.bots[job.bot_id]
            if bot.replan >= job.id and bot.newest is not None:
                turn = turn.plus(await self._go_on_or_report(job, bot, bot.newest))
        return turn

    def _tell_of_unread(self, pending: Sequence[Job | UnreadJob]) -> None:
        """Each once."""
        unread = [job for job in pending if isinstance(job, UnreadJob)]
        for job in unread:
            if job.id not in self._unread:
                logger().error("Replan of a newer release: update this poller", bot_id=job.bot_id, replan=job.id)
        self._unread = {job.id for job in unread}

    async def _go_on_or_report(self, job: Job, bot: Served, newest: Snapshot) -> ReplanTurn:
        try:
            return await self._go_on(job, bot, newest)
        except RecoveryError as error:
            logger().warning("Replan failed", bot=bot.username, replan=job.id, error=error)
        except Exception:  # noqa: BLE001 - one bot's fault does not stop another's replan
            logger().exception("Replan failed", bot=bot.username, replan=job.id)
        self._endings.pop(job.id, None)
        return ReplanTurn(0)

    async def _go_on(self, job: Job, bot: Served, newest: Snapshot) -> ReplanTurn:
        if job.id in self._endings:
            return await self._end_on(job)
        walk = self._walks[job.id]
        if page := await self._page(job, walk.last_chat) if isinstance(job.change, _PLANS_ROWS) else []:
            planned = await self._plan(job, newest, page)
            self._walks[job.id] = Walk(page[-1].chat_id, walk.looked_at + len(page), walk.planned + planned)
            return ReplanTurn(len(page), going_on=int(planned > 0))
        self._walks[job.id] = Walk()
        if walk.looked_at and (walk.planned or self._clock.now_ms() - job.created_ms < PATIENCE_MS):
            return ReplanTurn(0)
        if walk.looked_at:
            logger().warning(
                "Replan leaves some chats as they were", bot=bot.username, replan=job.id, count=walk.looked_at
            )
        self._endings[job.id] = self._ending(job, bot, newest)
        return await self._end_on(job)

    async def _end_on(self, job: Job) -> ReplanTurn:
        """Look at one page of the chats that have begun nothing; the replan is done when there are no more."""
        looked_at = await anext(self._endings[job.id], None)
        if looked_at is not None:
            return ReplanTurn(looked_at, going_on=1)
        await replans.finish(self._pool, job, self._clock.now_ms())
        logger().info("Replan done", bot_id=job.bot_id, replan=job.id)
        return ReplanTurn(0, finished=1)

    async def _plan(self, job: Job, newest: Snapshot, page: Sequence[Waiting]) -> int:
        """Returns how many of the page this replan need not look at again."""
        fates = [(waiting, await self._fate(job, newest, waiting)) for waiting in page]
        over = [waiting for waiting, fate in fates if isinstance(fate, Finish)]
        stay = [waiting for waiting, fate in fates if isinstance(fate, Stay)]
        moves = [(waiting, fate) for waiting, fate in fates if isinstance(fate, Move)]
        await self._end(job, over)
        await self._stay(job, stay)
        return len(over) + len(stay) + await self._move(job, moves)

    async def _fate(self, job: Job, newest: Snapshot, waiting: Waiting) -> Fate:
        """By the versions of that moment, not by those published since: each of them has a replan of its own."""
        version = partial(self._catalogue.version, job.bot_id)
        before, after = _numbers(job.change)
        versions = Versions(await version(after) or newest, await version(before), await version(waiting.kept))
        return replan.fate(job.change, versions, waiting, job.created_ms)

    async def _page(self, job: Job, after_chat: int) -> list[Waiting]:
        async with transaction(self._pool) as connection:
            begun = isinstance(job.change, Resumed)
            return await replans.page(connection, job.bot_id, job.id, after_chat, begun=begun)

    async def _stay(self, job: Job, those: Sequence[Waiting]) -> None:
        """Mark them as looked at."""
        kept = [(one, Move(one.cursor, one.due_ms, one.due_ms, one.anchor, one.kept)) for one in those]
        if kept:
            await replans.apply(self._pool, job, kept)

    async def _move(self, job: Job, fates: Sequence[tuple[Waiting, Move]]) -> int:
        """Redis first: what it refuses is left for a later walk. Returns how many were moved."""
        wanted = [_in_redis(waiting, move) for waiting, move in fates]
        codes = await self._timers.move(job.bot_id, wanted)
        moved = [one for one, code in zip(fates, codes, strict=True) if code is not Moved.ELSEWHERE]
        if moved:
            await replans.apply(self._pool, job, moved)
        return len(moved)

    async def _end(self, job: Job, over: Sequence[Waiting]) -> None:
        """End their episodes; their timers find that and go."""
        reports = [_finished(job.bot_id, one) for one in over]
        if reports:
            await report_outcomes(self._pool, reports, self._clock.now_ms())

    async def _ending(self, job: Job, bot: Served, newest: Snapshot) -> AsyncIterator[int]:
        """Plan the chats that have begun nothing, which are in Redis only; gives each page's size. Safe to repeat."""
        match job.change:
            case Included():
                pages = self._move_silences(job, partial(_included_ms, job, newest, bot.pauses))
            case Resumed():
                pauses = await pauses_of(self._pool, job.bot_id, job.id)
                pages = self._move_silences(job, partial(_resumed_ms, newest, pauses))
            case Welcomed():
                since_ms, now_ms = bot.activated_at_ms, self._clock.now_ms()
                pages = arm_unheard(self._pool, self._timers, job.bot_id, newest, since_ms, now_ms)
            case _:
                return
        async for looked_at in pages:
            yield looked_at

    async def _move_silences(self, job: Job, due_ms: Callable[[Silence], int]) -> AsyncIterator[int]:
        position, first = 0, True
        while first or position:
            position, silences = await self._timers.silences(job.bot_id, position)
            planned = [(one, due_ms(one)) for one in silences]
            wanted = [MoveTo(one.chat_id, "", one.seen_ms, due, "") for one, due in planned if due != one.due_ms]
            await self._timers.move(job.bot_id, wanted)
            first = False
            yield len(silences)


def _oldest_of_each(pending: Sequence[Job | UnreadJob]) -> list[Job]:
    """The first replan of each bot that can be read."""
    jobs: dict[int, Job] = {}
    for job in pending:
        if isinstance(job, Job):
            jobs.setdefault(job.bot_id, job)
    return list(jobs.values())


def _numbers(change: Change) -> tuple[int, int]:
    """The version before a change, and the one that counts since; 0 is not known."""
    match change:
        case Published(before=before, after=after):
            return before, after
        case Resumed(version=version):
            return version, version
        case _:
            return 0, 0


def _included_ms(job: Job, newest: Snapshot, pauses: Sequence[Pause], silence: Silence) -> int:
    return silence_due.included_due_ms(newest, pauses, *silence, job.created_ms)


def _resumed_ms(newest: Snapshot, pauses: Sequence[Pause], silence: Silence) -> int:
    return silence_due.resumed_due_ms(newest, pauses, *silence)


def _finished(bot_id: int, waiting: Waiting) -> Report:
    done = Reason.COMPLETED
    return Report(bot_id, waiting.chat_id, waiting.cursor, waiting.version, "cancelled", reason=done, end=done)


def _in_redis(waiting: Waiting, move: Move) -> MoveTo:
    at = waiting.cursor
    return MoveTo(waiting.chat_id, cursor.episode_begins(at), at.episode_id, move.wake_ms, cursor.write(move.cursor))
