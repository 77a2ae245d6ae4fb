"""Plans anew those who wait when a campaign has changed under them, page by page, while everything else goes on.

First the timer is moved, then the row takes it down and is marked as looked at. If the process dies in between, the row
is looked at again; a timer that was moved in vain finds in its row when it is due. Whoever is claimed just then, or
stands elsewhere in Redis, comes in a later turn. One replan of a bot after the other, in the order they were asked for.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from engine.core import cursor, replan
from engine.core.campaign import Snapshot
from engine.core.errors import RecoveryError
from engine.core.gate import Reason
from engine.core.replan import Finish, Included, Move, Resumed, Stay, Waiting, Welcomed
from engine.poller.catalogue import Catalogue, Served
from engine.poller.clock import ServerClock
from engine.poller.rebuild import arm_unheard
from engine.process import told_to_end
from engine.telemetry import logger
from storage import deliveries, replans
from storage.deliveries import Report
from storage.postgres import Pool, transaction
from storage.replans import Job
from storage.timers import Moved, MoveTo, Silence, Timers

TURN_S: Final = 0.5


class Turn(NamedTuple):
    """How many people were looked at, and how many replans were brought to their end."""

    looked_at: int
    finished: int


class Replanner:
    """`ours` says which bots' people are this process's to plan."""

    def __init__(
        self, pool: Pool, timers: Timers, catalogue: Catalogue, clock: ServerClock, ours: Callable[[int], bool]
    ) -> None:
        self._pool = pool
        self._timers = timers
        self._catalogue = catalogue
        self._clock = clock
        self._ours = ours

    async def run(self) -> None:
        """Turn after turn, until cancelled; what is broken off is done again by whoever comes next."""
        while not told_to_end():
            try:
                await self.run_once()
            except RecoveryError as error:
                logger().warning("Replan failed", error=str(error))
            except Exception:  # noqa: BLE001 - a failed turn never ends the loop
                logger().exception("Replan failed")
            await asyncio.sleep(TURN_S)

    async def run_once(self) -> Turn:
        """Walk once through those whom the oldest replan of each bot concerns. Raises UnreachableError."""
        bots = [bot_id for bot_id in self._catalogue.bots if self._ours(bot_id)]
        turn = Turn(0, 0)
        for job in await replans.pending(self._pool, bots) if bots else []:
            bot = self._catalogue.bots[job.bot_id]
            if bot.replan < job.id or bot.newest is None:
                continue
            looked_at = await self._walk(job, bot.newest)
            if not looked_at:
                await self._finish(job, bot, bot.newest)
            turn = Turn(turn.looked_at + looked_at, turn.finished + (not looked_at))
        return turn

    async def _walk(self, job: Job, newest: Snapshot) -> int:
        looked_at, last_chat = 0, -1
        while page := await self._page(job, last_chat):
            fates = [(waiting, replan.fate(job.change, newest, waiting, job.created_ms)) for waiting in page]
            await self._end(job, [waiting for waiting, fate in fates if isinstance(fate, Finish)])
            await self._stay(job, [waiting for waiting, fate in fates if isinstance(fate, Stay)])
            await self._move(job, [(waiting, fate) for waiting, fate in fates if isinstance(fate, Move)])
            looked_at, last_chat = looked_at + len(page), page[-1].chat_id
        return looked_at

    async def _page(self, job: Job, after_chat: int) -> list[Waiting]:
        async with transaction(self._pool) as connection:
            return await replans.page(connection, job.bot_id, job.id, after_chat)

    async def _stay(self, job: Job, those: Sequence[Waiting]) -> None:
        """They are marked as looked at."""
        kept = [(one, Move(one.cursor, one.due_ms, one.due_ms, one.anchor_ms)) for one in those]
        if kept:
            await replans.apply(self._pool, job, kept)

    async def _move(self, job: Job, fates: Sequence[tuple[Waiting, Move]]) -> None:
        """Redis first: what it refuses is left for a later turn."""
        wanted = [_in_redis(waiting, move) for waiting, move in fates]
        codes = await self._timers.move(job.bot_id, wanted)
        moved = [one for one, code in zip(fates, codes, strict=True) if code is not Moved.ELSEWHERE]
        if moved:
            await replans.apply(self._pool, job, moved)

    async def _end(self, job: Job, over: Sequence[Waiting]) -> None:
        """Their timers find the episode ended, and go."""
        reports = [_finished(job.bot_id, one) for one in over]
        if reports:
            await deliveries.report(self._pool, reports, self._clock.now_ms())

    async def _finish(self, job: Job, bot: Served, newest: Snapshot) -> None:
        if isinstance(job.change, Included | Resumed):
            await self._move_silences(job, newest)
        if isinstance(job.change, Welcomed):
            since_ms, now_ms = bot.activated_at_ms, self._clock.now_ms()
            await arm_unheard(self._pool, self._timers, job.bot_id, newest, since_ms, now_ms)
        await replans.finish(self._pool, job, self._clock.now_ms())
        logger().info("Replan done", bot_id=job.bot_id, replan=job.id)

    async def _move_silences(self, job: Job, newest: Snapshot) -> None:
        """Those who have begun nothing stand in Redis only. To do it twice gives the same."""
        position, first = 0, True
        while first or position:
            position, silences = await self._timers.silences(job.bot_id, position)
            dues = [(one, _due_ms(job, newest, one)) for one in silences]
            wanted = [MoveTo(one.chat_id, "", due_ms, "") for one, due_ms in dues if due_ms != one.due_ms]
            await self._timers.move(job.bot_id, wanted)
            first = False


def _finished(bot_id: int, waiting: Waiting) -> Report:
    return Report(
        bot_id,
        waiting.chat_id,
        waiting.cursor,
        waiting.version,
        "skipped",
        reason=Reason.STEP_DELETED,
        end=Reason.COMPLETED,
    )


def _due_ms(job: Job, newest: Snapshot, silence: Silence) -> int:
    return replan.silence_due_ms(job.change, newest, *silence, job.created_ms)


def _in_redis(waiting: Waiting, move: Move) -> MoveTo:
    return MoveTo(waiting.chat_id, cursor.episode_begins(waiting.cursor), move.wake_ms, cursor.write(move.cursor))
