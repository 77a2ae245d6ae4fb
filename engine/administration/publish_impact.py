"""Whom a draft would move if it were published now, in numbers: counted before anything is done.

It makes the engine's own decisions (`engine.core.delivery.replan`) for the people who wait at this moment. The count
stops where a screen could not wait any longer; the screen then says "at least".
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from engine.administration.campaign_views import MOST_COUNTED
from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery import replan, state_machine
from engine.core.delivery.gate import Facts
from engine.core.delivery.replan import Finish, Move, Published, Waiting
from engine.core.delivery.state_machine import Found
from storage.postgres import campaigns, queue_counts, replans
from storage.postgres.campaigns import Campaign
from storage.postgres.pool import Connection, Pool, transaction
from storage.postgres.queue_counts import PlannedCounts

SOON_MS: Final = 600_000
MOST: Final = 1_000
_EVERY: Final = 2**62
_SENDS: Final = ("live", "finishing")
_BEGINS: Final = ("live", "shadow", "paused")


class Impact(NamedTuple):
    """How many people wait, how many of them get another hour, and how many would be sent something within ten minutes.

    `gone`: their step is deleted, off or empty, and they continue with the next; `ended`: nothing is left for them.
    `overdue`: silences that a shorter threshold makes overdue. `at_least`: too many wait to look at all.
    """

    waiting: int = 0
    moved: int = 0
    soon: int = 0
    gone: int = 0
    ended: int = 0
    overdue: int = 0
    at_least: bool = False


class _Outlook(NamedTuple):
    """When a waiting person is sent something next (None: never again), and whether their step is gone."""

    due_ms: int | None
    gone: bool = False


async def foresee(pool: Pool, bot_id: int, now_ms: int) -> Impact:
    """Raises UnreachableError."""
    async with transaction(pool) as connection:
        found = await campaigns.load_campaign(connection, bot_id)
        draft = await campaigns.load_draft(connection, bot_id)
        published = await campaigns.load_published(connection, bot_id)
        if found is None or draft is None or published is None:
            return Impact()
        page = await replans.page(connection, bot_id, _EVERY, -1, MOST)
        since_ms = now_ms - draft.lateness_ms
        planned = await queue_counts.count_planned(connection, bot_id, since_ms, now_ms + SOON_MS)
        overdue = await _overdue(connection, found, published[1], draft, now_ms)
        begin = await _begin_soon(connection, found, published[1], draft, now_ms)
    counted = _counted(page, planned, published[1], draft, now_ms)
    return counted._replace(overdue=overdue, soon=counted.soon + begin if found.state in _SENDS else 0)


async def _begin_soon(connection: Connection, found: Campaign, before: Snapshot, after: Snapshot, now_ms: int) -> int:
    """How many silences reach the first step within ten minutes; a longer silence counts at once."""
    first = state_machine.first(after, 0, now_ms, 0)
    if found.state != "live" or found.activated_at is None or first is None:
        return 0
    threshold_ms = max(before.threshold_ms, after.threshold_ms)
    until_ms = now_ms + SOON_MS - threshold_ms - (first.due_ms - now_ms)
    since_ms = max(now_ms - threshold_ms - after.lateness_ms, found.activated_at)
    if until_ms <= since_ms:
        return 0
    paid = after.skip_paid
    return await queue_counts.count_silent(
        connection, found.bot_id, since_ms, until_ms, skip_paid=paid, most=MOST_COUNTED
    )


async def _overdue(connection: Connection, found: Campaign, before: Snapshot, after: Snapshot, now_ms: int) -> int:
    """Only silences since the activation are armed, and only where episodes may begin."""
    if found.state not in _BEGINS or found.activated_at is None:
        return 0
    since_ms, until_ms = max(now_ms - before.threshold_ms, found.activated_at), now_ms - after.threshold_ms
    if until_ms <= since_ms:
        return 0
    paid = after.skip_paid
    return await queue_counts.count_silent(
        connection, found.bot_id, since_ms, until_ms, skip_paid=paid, most=MOST_COUNTED
    )


def _counted(page: Sequence[Waiting], planned: PlannedCounts, before: Snapshot, after: Snapshot, now_ms: int) -> Impact:
    """People in begun steps keep their hours, whatever is published."""
    if not replan.replans(before, after):
        return Impact(planned.all, soon=planned.due)
    outlooks = [_outlook(one, after, now_ms) for one in page]
    dues = [one.due_ms for one in outlooks if one.due_ms is not None]
    return Impact(
        planned.all,
        moved=sum(_moved(page, outlooks)),
        soon=planned.begun + sum(now_ms - after.lateness_ms <= due <= now_ms + SOON_MS for due in dues),
        gone=sum(one.gone for one in outlooks if one.due_ms is not None),
        ended=len(outlooks) - len(dues),
        at_least=len(page) >= MOST,
    )


def _moved(page: Sequence[Waiting], outlooks: Sequence[_Outlook]) -> Iterator[bool]:
    for one, after in zip(page, outlooks, strict=True):
        yield not after.gone and after.due_ms not in (None, one.due_ms)


def _outlook(one: Waiting, after: Snapshot, now_ms: int) -> _Outlook:
    fate = replan.fate(Published(), after, one, now_ms)
    if isinstance(fate, Move):
        return _Outlook(fate.due_ms)
    if isinstance(fate, Finish):
        return _Outlook(None)
    step = state_machine.find_step(after, one.cursor.step)
    if step and state_machine.open_step(after, step, one.cursor, one.due_ms, one.chat_id):
        return _Outlook(one.due_ms)
    return _Outlook(_next_due_ms(one, after, now_ms), gone=True)


def _next_due_ms(one: Waiting, after: Snapshot, now_ms: int) -> int | None:
    """A missing step is skipped at its hour, and the next step counts from there."""
    runs = one.runs | {one.cursor.step}
    found = Found(
        one.cursor.episode_id,
        None,
        exists=True,
        taken=True,
        status="scheduled",
        cursor=one.cursor,
        due_ms=one.due_ms,
        attempts=0,
        runs=runs,
        facts=Facts(),
    )
    onward = state_machine.following(after, after, found, max(one.due_ms, now_ms), one.chat_id, step_over=True)
    return onward.due_ms if onward else None
