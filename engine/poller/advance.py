"""From a block that is done to the next delivery, or to the end of the episode: PostgreSQL first, Redis second."""

from typing import Any

from engine.core.delivery import sequence
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Reason
from engine.core.delivery.sequence import NextDelivery
from engine.core.delivery.state_machine import Found
from engine.poller.journey import Journey
from engine.runtime import metrics
from storage.postgres.deliveries.report import Reported


async def advance(journey: Journey, found: Found, *, step_over: bool, **report: Any) -> None:
    """Record the block, together with what follows from it, in one statement; then set the timer."""
    following = await _following(journey, found, step_over=step_over)
    if following is None:
        await _complete(journey, found, **report)
        return
    onward = {"next_due_ms": following.due_ms, "next_anchor_ms": following.anchor_ms}
    reported = await journey.report(found, next=following.cursor, **onward, **report)
    _note_done(journey, found.cursor, reported)
    if reported.ended:
        await journey.remove()
        return
    journey.note("Recovery step scheduled", following.cursor, due=following.due_ms)
    await journey.settle(following.cursor, following.wake_ms, urgent=following.urgent)


async def _complete(journey: Journey, found: Found, **report: Any) -> None:
    reported = await journey.report(found, end=Reason.COMPLETED, **report)
    _note_done(journey, found.cursor, reported)
    journey.note("Recovery episode ended", found.cursor, reason=reported.ended)
    await journey.remove()


async def _following(journey: Journey, found: Found, *, step_over: bool) -> NextDelivery | None:
    newest, pinned = journey.bot.newest, await journey.pinned(found.cursor)
    if newest is None or pinned is None:
        return None
    now_ms, chat_id = journey.clock.now_ms(), journey.held.chat_id
    return sequence.following(newest, pinned, found.cursor, found.runs, now_ms, chat_id, step_over=step_over)


def _note_done(journey: Journey, cursor: Cursor, reported: Reported) -> None:
    """Log and count what PostgreSQL has recorded of the block."""
    status, reason = reported.status, reported.reason
    if status:
        metrics.delivered(status, reason)
    if status in ("skipped", "failed"):
        journey.note("Recovery step skipped", cursor, outcome=status, reason=reason)
    elif status == "would_send":
        journey.note("Recovery step would be sent", cursor, reason=reason)
    elif status == "unknown":
        journey.note("Recovery step unknown", cursor, reason="no answer")
    elif status:
        journey.note("Recovery step sent", cursor, outcome=status, crossed=reported.crossed)
