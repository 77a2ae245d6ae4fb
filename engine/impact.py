"""Whom a draft would move if it were published now, in numbers: counted before anything is done.

The same decisions as the engine's own (`engine.core.replan`), on those who wait at this moment. So many are looked at
as a screen can wait for; of more it is told that there are at least as many.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.administration import MOST_COUNTED
from engine.core import replan
from engine.core.campaign import Snapshot
from engine.core.replan import Move, Published, Waiting
from storage import campaigns, replans, waiting
from storage.postgres import Connection, Pool, transaction

SOON_MS: Final = 600_000
MOST: Final = 1_000
_EVERY: Final = 2**62


class Impact(NamedTuple):
    """How many people wait; of how many the hour moves; who would be due within ten minutes; whose step is gone.

    `overdue`: how many silences a shorter threshold makes overdue. `at_least`: too many wait to look at all.
    """

    waiting: int = 0
    moved: int = 0
    soon: int = 0
    gone: int = 0
    overdue: int = 0
    at_least: bool = False


async def foresee(pool: Pool, bot_id: int, now_ms: int) -> Impact:
    """Raises UnreachableError."""
    async with transaction(pool) as connection:
        draft = await campaigns.load_draft(connection, bot_id)
        published = await campaigns.load_published(connection, bot_id)
        if draft is None or published is None:
            return Impact()
        found = await replans.page(connection, bot_id, _EVERY, -1, MOST)
        all_of_them, _, _ = await waiting.queue(connection, bot_id)
        overdue = await _overdue(connection, bot_id, published[1], draft, now_ms)
    return _counted(found, published[1], draft, now_ms)._replace(waiting=all_of_them, overdue=overdue)


async def _overdue(connection: Connection, bot_id: int, before: Snapshot, after: Snapshot, now_ms: int) -> int:
    since_ms, until_ms = now_ms - before.threshold_ms, now_ms - after.threshold_ms
    if until_ms <= since_ms:
        return 0
    paid = after.skip_paid
    return await waiting.count_silent(connection, bot_id, since_ms, until_ms, skip_paid=paid, most=MOST_COUNTED)


def _counted(found: Sequence[Waiting], before: Snapshot, after: Snapshot, now_ms: int) -> Impact:
    at_least = len(found) >= MOST
    if not replan.replans(before, after):
        return Impact(at_least=at_least)
    dues = [_due_ms(one, after, now_ms) for one in found]
    there = {step.key for step in after.steps}
    return Impact(
        moved=sum(due != one.due_ms for due, one in zip(dues, found, strict=True)),
        soon=sum(now_ms <= due <= now_ms + SOON_MS for due in dues),
        gone=sum(one.cursor.step not in there for one in found),
        at_least=at_least,
    )


def _due_ms(one: Waiting, after: Snapshot, now_ms: int) -> int:
    fate = replan.fate(Published(), after, one, now_ms)
    return fate.due_ms if isinstance(fate, Move) else one.due_ms
