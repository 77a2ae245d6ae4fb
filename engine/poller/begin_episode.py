"""The first look at a silence: an episode begins, or the timer waits, goes back to a later sign of life, or goes."""

from engine.core.delivery import sequence, silence_due
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Reason
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.sequence import NextDelivery
from engine.core.identity import newer_sign
from engine.poller.claim_block import Claimed, claim_block, wish_for
from engine.poller.journey import Journey
from storage.postgres.deliveries.begin import Beginning, Begun


async def begin_episode(journey: Journey) -> Claimed | None:
    """Begin the episode of this silence, and claim its first block if that is due; None when all is settled."""
    newest, held = journey.bot.newest, journey.held
    first = sequence.first(newest, held.seen_ms, held.due_ms, held.chat_id) if newest else None
    if newest is None or first is None or not _may_begin(journey):
        return await _find_begun(journey)
    silent_until_ms = silence_due.due_ms(newest, journey.bot.pauses, held.chat_id, held.seen_ms)
    if held.due_ms < silent_until_ms:
        await journey.wait_longer(silent_until_ms)
        return None
    wish = await wish_for(journey, first.cursor)
    is_due = first.due_ms <= journey.clock.now_ms()
    begun = await journey.doors.begin(_beginning(journey, first)._replace(claiming=wish.claiming if is_due else None))
    if not begun.fresh and newer_sign(begun.last_active_ms, held.seen_ms):
        await journey.arm_again(begun.last_active_ms, newest)
        return None
    cursor = begun.cursor or first.cursor._replace(episode_id=begun.episode_id)
    _note_begun(journey, begun, cursor, first)
    if begun.found:
        return Claimed(wish, begun.found)
    if begun.fresh:
        await journey.settle(cursor, first.wake_ms, urgent=False)
        return None
    return await claim_block(journey, cursor)


def _may_begin(journey: Journey) -> bool:
    """Activation is not retroactive: people who went quiet before it are left alone."""
    return journey.bot.state is LaneState.OPEN and journey.held.seen_ms >= journey.bot.activated_at_ms


async def _find_begun(journey: Journey) -> Claimed | None:
    """Nothing begins any more; but a poller that died may have begun, and an episode needs its end."""
    held = journey.held
    nothing = NextDelivery(Cursor(held.seen_ms, 0, "", "", 0), held.due_ms, urgent=False)
    begun = await journey.doors.begin(_beginning(journey, nothing)._replace(begins=False))
    if begun.cursor is None:
        await journey.remove()
        return None
    return await claim_block(journey, begun.cursor)


def _beginning(journey: Journey, first: NextDelivery) -> Beginning:
    bot, held, cursor = journey.bot, journey.held, first.cursor
    return Beginning(
        bot.bot_id,
        held.chat_id,
        cursor.episode_id,
        held.version,
        bot.newest_version,
        cursor.step,
        cursor.block,
        first.due_ms,
        anchor_ms=first.anchor_ms,
        replan=bot.replan,
        limits=journey.limits,
    )


def _note_begun(journey: Journey, begun: Begun, cursor: Cursor, first: NextDelivery) -> None:
    if begun.fresh:
        journey.note("Recovery episode started", cursor)
        journey.note("Recovery step scheduled", cursor, due=first.due_ms)
    elif begun.cursor is None and not begun.welcome:
        journey.note("Recovery episode not begun", cursor, reason=Reason.CAP)
