"""Whom a draft would move if it were published now, in numbers: counted before anything is done.

It makes the engine's own decisions (`engine.core.delivery.replan`) for the people who wait at this moment. The count
stops where a screen could not wait any longer; the screen then says "at least".
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from engine.administration.campaign_views import MOST_COUNTED
from engine.administration.campaigns import moment
from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery import replan, sequence
from engine.core.delivery.replan import Finish, Move, Published, Versions, Waiting
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
        kept = {one.kept: await campaigns.load_version(connection, bot_id, one.kept) for one in page if one.kept}
        planned_ms = moment(found, now_ms)
    outlooks = [_outlook(one, Versions(draft, published[1], kept.get(one.kept)), planned_ms) for one in page]
    counted = _counted(page, outlooks, planned, published[1], draft, now_ms)
    return counted._replace(overdue=overdue, soon=counted.soon + begin if found.state in _SENDS else 0)


async def _begin_soon(connection: Connection, found: Campaign, before: Snapshot, after: Snapshot, now_ms: int) -> int:
    """How many silences reach the first step within ten minutes; a longer silence counts at once."""
    first = sequence.first(after, 0, now_ms, 0)
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


def _counted(
    page: Sequence[Waiting],
    outlooks: Sequence[_Outlook],
    planned: PlannedCounts,
    before: Snapshot,
    after: Snapshot,
    now_ms: int,
) -> Impact:
    """People in begun steps keep their hours, whatever is published."""
    if not replan.replans(before, after):
        return Impact(planned.all, soon=planned.due)
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


def _outlook(one: Waiting, versions: Versions, now_ms: int) -> _Outlook:
    fate = replan.fate(Published(), versions, one, now_ms)
    if isinstance(fate, Move):
        return _Outlook(fate.due_ms)
    if isinstance(fate, Finish):
        return _Outlook(None)
    step = sequence.find_step(versions.newest, one.cursor.step)
    if step and replan.sends(step):
        return _Outlook(one.due_ms)
    return _Outlook(_next_due_ms(one, versions.newest, now_ms), gone=True)


def _next_due_ms(one: Waiting, after: Snapshot, now_ms: int) -> int | None:
    """A missing step is skipped at its hour, and the next step counts from there."""
    ended_ms = max(one.due_ms, now_ms)
    onward = sequence.following(after, after, one.cursor, one.runs, ended_ms, one.chat_id, step_over=True)
    return onward.due_ms if onward else None
