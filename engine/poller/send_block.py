"""A claimed block on its way to Telegram: its files, the last look, the request, and what came of it.

Nothing is awaited between the last look (`pass`) and the request. What surely did not leave goes back to its place in
the sequence; what may have left is never sent again. Either is recorded, however long a server takes: in PostgreSQL
first, and then in Redis.
"""

from typing import Any, Final, NamedTuple

from engine.core.campaign.snapshot import Block, choose, variant_for
from engine.core.content.model import Content, Effects, UrlButton, messages
from engine.core.content.rendering import Link, render
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Reason
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.message_rules import name_of
from engine.core.delivery.outcome import (
    MAX_ATTEMPTS,
    FileRefused,
    Outcome,
    Rejected,
    RetryLater,
    Sent,
    Unauthorized,
    Unknown,
    Unreachable,
)
from engine.core.delivery.state_machine import Found
from engine.core.delivery.tracked_link import Reference, TrackedButton, numbers_of
from engine.core.errors import UnreachableError
from engine.media.uploads import Busy, Missing
from engine.poller.advance import advance
from engine.poller.journey import REST_MS, Journey, JourneyEnd
from engine.runtime import metrics
from engine.runtime.telemetry import logger
from engine.telegram.sender import Prepared
from storage.postgres.deliveries.report import Aftermath
from storage.redis.timer_values import Fence

OTHER_KIND: Final = "other_kind"
PASS_HOLDS_MS: Final = 2_000
"""A process that was stopped or swapped out after its last look does not send by it: its lease may be over."""


class ClaimedBlock(NamedTuple):
    """A block that is ours to send: what PostgreSQL found, and at which cursor the journey expected it."""

    found: Found
    expected: Cursor
    block: Block


async def send_block(journey: Journey, claimed: ClaimedBlock) -> JourneyEnd:
    found, block, held = claimed.found, claimed.block, journey.held
    if found.attempts > MAX_ATTEMPTS:
        return await _done(journey, found, "failed", Reason.INTERNAL_ERROR)
    speaker, content = journey.bot.speaker, await _rendered(journey, found, block)
    prepared = await journey.doors.prepare(speaker, content)
    if not isinstance(prepared, Prepared):
        return await _not_prepared(journey, claimed, prepared)
    try:
        await journey.permit.pay(messages(content) - 1)
        if not await _passes(journey, claimed):
            return JourneyEnd.WAITING
        asked_ms = journey.clock.now_ms()
        journey.permit.passed()
        outcome = await journey.doors.send(speaker, held.chat_id, prepared, block.effects, found.attempts)
        if not prepared.uploads:
            journey.permit.answered()
    finally:
        journey.doors.release(speaker, prepared)
    return await _record(journey, claimed, outcome, asked_ms)


async def _rendered(journey: Journey, found: Found, block: Block) -> Content:
    content = choose(block, found.person.language)
    return render(content, found.person, journey.bot.username, await _link(journey, found, block))


async def _link(journey: Journey, found: Found, block: Block) -> Link:
    """A tracked button is named as the version has it that the receiver will look into; others lead straight there."""
    bot_id, at, variant = journey.bot.bot_id, found.cursor, variant_for(block, found.person.language)
    published = await journey.catalogue.version(bot_id, at.pinned) if journey.links.mints else None

    def link(row: int, column: int, button: UrlButton) -> str:
        place = TrackedButton(at.step, at.block, variant, row, column, button.url)
        numbers = numbers_of(published, place) if published else None
        if numbers is None:
            return button.url
        return journey.links.mint(
            Reference(bot_id, journey.held.chat_id, at.episode_id, at.pinned, *numbers), button.url
        )

    return link


async def _not_prepared(journey: Journey, claimed: ClaimedBlock, verdict: Busy | Missing) -> JourneyEnd:
    """A file that another message is uploading is waited for in Redis, not here."""
    if isinstance(verdict, Busy):
        await _put_back(journey, claimed, journey.clock.now_ms() + REST_MS, spent=False)
        return JourneyEnd.BUSY
    return await _fail(journey, claimed.found, Reason.MEDIA_MISSING, verdict.detail)


async def _passes(journey: Journey, claimed: ClaimedBlock) -> bool:
    """The last look: nothing that waits may stand between it and the request."""
    found, expected, block_due_ms = claimed.found, claimed.expected, claimed.found.due_ms
    if journey.permit.is_withdrawn or not _is_still_served(journey):
        await _put_back(journey, claimed, block_due_ms, spent=False)
        return False
    looked_ms = journey.clock.now_ms()
    fence = await _look(journey)
    if fence is Fence.STALE:
        await journey.report(found._replace(cursor=expected), status="scheduled", spent=False)
        journey.note("Recovery step skipped", found.cursor, reason=Reason.VERSION_CHANGED)
        return False
    if fence is None or journey.clock.now_ms() - looked_ms > PASS_HOLDS_MS:
        await _put_back(journey, claimed, block_due_ms, spent=False)
        return False
    return True


async def _look(journey: Journey) -> Fence | None:
    """None if Redis did not answer: it may have marked the chat, and still nothing leaves."""
    try:
        return await journey.doors.pass_(journey.bot.bot_id, journey.held.last_look)
    except UnreachableError as error:
        logger().warning("Last look failed", bot=journey.bot.username, chat=journey.held.chat_id, error=error)
        return None


def _is_still_served(journey: Journey) -> bool:
    """A campaign that was stopped or paused since the claim sends nothing more."""
    bot = journey.catalogue.bots.get(journey.bot.bot_id)
    return bot is not None and bot.state in (LaneState.OPEN, LaneState.FINISHING)


async def _record(  # noqa: PLR0911 - one line for each outcome
    journey: Journey, claimed: ClaimedBlock, outcome: Outcome, asked_ms: int
) -> JourneyEnd:
    found = claimed.found
    match outcome:
        case Sent():
            return await _sent(journey, claimed, outcome)
        case Unknown():
            return await _done(journey, found, "unknown")
        case FileRefused() if found.attempts < MAX_ATTEMPTS:
            await _put_back(journey, claimed, found.due_ms, spent=True)
            return JourneyEnd.REFUSED
        case Rejected(detail) | FileRefused(detail):
            return await _fail(journey, found, Reason.REFUSED, detail)
        case Unreachable():
            return await _unreachable(journey, found, asked_ms)
        case RetryLater(after_ms, True):
            await _put_back(journey, claimed, found.due_ms, spent=False, held_until_ms=journey.hold(after_ms))
            return JourneyEnd.HELD
        case RetryLater() if found.attempts >= MAX_ATTEMPTS:
            return await _done(journey, found, "failed", Reason.INTERNAL_ERROR)
        case RetryLater(after_ms):
            await _put_back(journey, claimed, journey.clock.now_ms() + after_ms, spent=True)
            return JourneyEnd.REFUSED
        case Unauthorized():
            await _put_back(journey, claimed, found.due_ms, spent=False)
            return JourneyEnd.UNAUTHORIZED


async def _sent(journey: Journey, claimed: ClaimedBlock, outcome: Sent) -> JourneyEnd:
    """A file that Telegram took for another kind arrives all the same: its admins are notified."""
    found, after = claimed.found, _aftermath(claimed.block.effects)
    metrics.lateness.observe((journey.clock.now_ms() - found.due_ms) / 1000)
    end = await _done(journey, found, "sent", message_ids=outcome.message_ids, aftermath=after)
    if outcome.changed:
        await journey.tell_of_block(found.cursor, OTHER_KIND, " → ".join(outcome.changed))
    return end


async def _done(journey: Journey, found: Found, status: str, reason: Reason | None = None, **report: Any) -> JourneyEnd:
    """Record the fact, together with what follows from it."""
    await advance(journey, found, step_over=False, status=status, fact=True, reason=reason, **report)
    return JourneyEnd.SENT if status == "sent" else JourneyEnd.REFUSED


async def _fail(journey: Journey, found: Found, reason: Reason, detail: str) -> JourneyEnd:
    """The block probably cannot be sent to anyone: its admins are notified."""
    journey.note("Block cannot be sent", found.cursor, reason=reason, detail=detail)
    end = await _done(journey, found, "failed", reason)
    await journey.tell_of_block(found.cursor, reason, detail)
    return end


async def _unreachable(journey: Journey, found: Found, asked_ms: int) -> JourneyEnd:
    """As of the request: a person who has written since can be reached."""
    reason = Reason.UNREACHABLE
    await journey.report(found, status="failed", fact=True, reason=reason, end=reason)
    await journey.mark_unreachable(asked_ms)
    journey.note("Recovery step skipped", found.cursor, reason=reason)
    journey.note("Recovery episode ended", found.cursor, reason=reason)
    await journey.remove()
    return JourneyEnd.REFUSED


async def _put_back(
    journey: Journey, claimed: ClaimedBlock, due_ms: int, *, spent: bool, held_until_ms: int | None = None
) -> None:
    """It surely did not leave: the delivery keeps its place."""
    expected = claimed.expected
    found = claimed.found._replace(cursor=expected)
    reported = await journey.report(found, status="scheduled", due_ms=due_ms, spent=spent)
    if held_until_ms is not None:
        await journey.share_hold(held_until_ms)
    if reported.status == "scheduled":
        await journey.settle(expected, due_ms, urgent=True)


def _aftermath(effects: Effects) -> Aftermath:
    return Aftermath(effects.delete_after_ms, name_of(effects.on_return), name_of(effects.on_payment))
