"""The journey of one claimed timer, from the claim in Redis to the settling of what is next: read, decide, write.

Every due timer takes this one road, the first look at a silence and the tenth block alike, one block a claim. A look
that begins an episode claims its first block in the same call. The doors gather the calls of many journeys into one
statement.
"""

from engine.core.campaign.snapshot import Block, choose
from engine.core.delivery import cursor as cursors
from engine.core.delivery import gate, state_machine
from engine.core.delivery.gate import Reason
from engine.core.delivery.outcome import RetryLater
from engine.core.delivery.state_machine import (
    Advance,
    Announce,
    Close,
    Decision,
    Defer,
    Drop,
    Follow,
    Forget,
    Found,
    Rest,
    Send,
    Withhold,
)
from engine.poller.advance import advance
from engine.poller.batched_io import Doors
from engine.poller.begin_episode import begin_episode
from engine.poller.claim_block import Claimed, claim_block
from engine.poller.journey import REST_MS, Journey, JourneyEnd
from engine.poller.send_block import ClaimedBlock, send_block
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Served, ServedBots
from engine.runtime.server_clock import ServerClock
from engine.security.signed_links import SignedLinks
from engine.telegram.actions import action_of
from storage.redis.timer_values import Held


class Dispatch:
    """`owners`: the people who own every bot. Like its other admins, they never get a reminder."""

    def __init__(
        self,
        doors: Doors,
        catalogue: ServedBots,
        clock: ServerClock,
        links: SignedLinks,
        owners: frozenset[int] = frozenset(),
    ) -> None:
        self._shared = doors, catalogue, clock, links, owners

    async def serve(self, bot: Served, held: Held, permit: SendPermit) -> JourneyEnd:
        """Take one claimed timer to its next deadline. Raises UnreachableError: the lease then brings the chat back."""
        journey = Journey(*self._shared, bot, held, permit)
        cursor = cursors.read(held.opaque)
        claimed = await (claim_block(journey, cursor) if cursor else begin_episode(journey))
        return await _go_on(journey, claimed) if claimed else JourneyEnd.WAITING


async def _go_on(journey: Journey, claimed: Claimed) -> JourneyEnd:
    """Decide from what the claim found, and write the decision."""
    (cursor, block, plan, _), found = claimed
    if found.taken and found.status == "unknown":
        journey.note("Recovery step unknown", found.cursor, reason="no answer was recorded")
    verdict = gate.judge(found.facts, plan)
    decision = state_machine.decide(found, cursor, verdict, journey.clock.now_ms(), journey.held.due_ms)
    if isinstance(decision, Send) and block:
        return await send_block(journey._replace(has_claimed=True), ClaimedBlock(found, cursor, block))
    if isinstance(decision, Announce) and block:
        await _announce(journey, found, block)
    else:
        await _settle_without_sending(journey, decision, found)
    return JourneyEnd.WAITING


async def _announce(journey: Journey, found: Found, block: Block) -> None:
    """Show that a message is coming. Nothing depends on it, so the timer is set first."""
    await journey.wait_for_due(found)
    action = action_of(choose(block, found.person.language))
    outcome = await journey.doors.act(journey.bot.speaker, journey.held.chat_id, action)
    if isinstance(outcome, RetryLater) and outcome.bot_wide:
        await journey.share_hold(journey.hold(outcome.after_ms))


async def _settle_without_sending(journey: Journey, decision: Decision, found: Found) -> None:
    match decision:
        case Advance():
            await advance(journey, found, step_over=False)
        case Withhold():
            await advance(journey, found, step_over=False, status="would_send", reason=Reason.SHADOW)
        case Drop(reason):
            await advance(journey, found, step_over=True, status="skipped", reason=reason)
            await _tell_if_nothing_fits(journey, found, reason)
        case Close(reason):
            await journey.report(found, status="cancelled", reason=reason, end=reason)
            journey.note("Recovery episode ended", found.cursor, reason=reason)
            await _leave(journey, found, reason)
        case Defer(until_ms):
            await journey.report(found, status="scheduled", due_ms=until_ms, deferred=True)
            await journey.settle(found.cursor, until_ms, urgent=False)
        case Rest(Reason.VERSION_CHANGED):
            journey.note("Recovery step skipped", found.cursor, reason=Reason.VERSION_CHANGED)
        case Rest(_, until_ms):
            await journey.settle(found.cursor, until_ms or journey.clock.now_ms() + REST_MS, urgent=False)
        case Follow() | Announce():
            await journey.wait_for_due(found)
        case Forget() | Send():
            await _leave(journey, found, found.ended)


async def _tell_if_nothing_fits(journey: Journey, found: Found, reason: Reason) -> None:
    """Sending hours and caps leave no room for the block, probably for everyone: its admins are notified."""
    if reason is Reason.NEVER_FITS:
        at = found.cursor._replace(pinned=found.cursor.pinned or journey.bot.newest_version)
        await journey.tell_of_block(at, reason, f"put off {found.deferrals} times")


async def _leave(journey: Journey, found: Found, end: str | None) -> None:
    """The episode is over. If Redis lost the sign of life that ended it, or another program may have taken one, the new
    silence is armed again.
    """
    if (found.facts.returned or (found.facts.doubted and end == Reason.DOUBTED)) and journey.bot.newest:
        await journey.arm_again(found.last_active_ms, journey.bot.newest)
    else:
        await journey.remove()
