"""The journey of one claimed timer: read -> decide -> write, from the claim in Redis to the settling of what is next.

Every due timer takes this one road, the first look at a silence and the tenth block alike, one block a claim. The doors
gather the calls of many journeys into one statement. PostgreSQL is written before Redis, always: when `settle` is lost,
the next claim finds what PostgreSQL knows.
"""

from enum import StrEnum
from typing import Any, Final

from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import Block, Snapshot, choose, variant_for
from engine.core.content.model import Content, Effects, UrlButton, messages
from engine.core.content.rendering import render
from engine.core.delivery import cursor as cursors
from engine.core.delivery import gate, state_machine
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts, Pass, Plan, Reason
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
from engine.core.delivery.tracked_link import Reference
from engine.core.identity import newer_sign
from engine.media.uploads import Busy, Missing
from engine.poller.batched_io import Doors
from engine.poller.send_permit import Permit
from engine.poller.served_bots import Catalogue, Served
from engine.poller.server_clock import ServerClock
from engine.runtime import metrics
from engine.runtime.telemetry import logger
from engine.security.signed_links import Links
from engine.telegram import Prepared, action_of
from storage.postgres.deliveries.begin import Beginning
from storage.postgres.deliveries.claim import Claiming
from storage.postgres.deliveries.report import Aftermath, Report, Reported
from storage.redis.timers import NOTHING_ARMED, Fence, Held, Lost, NextTimer, Ticket

REST_MS: Final = 1_000
"""How long a chat waits when only time can mend what holds it up."""

PASS_HOLDS_MS: Final = 2_000
"""A process that stood still after its last look (stopped, swapped out) does not send by it: its lease may be over."""


class End(StrEnum):
    """How a journey ended, for the lane: what to count, and whether the token was used."""

    SENT = "sent"
    REFUSED = "refused"
    WAITING = "waiting"
    BUSY = "busy"
    HELD = "held"
    UNAUTHORIZED = "unauthorized"


USED_A_TOKEN: Final = frozenset({End.SENT, End.REFUSED, End.HELD, End.UNAUTHORIZED})
"""Telegram answered."""
LEFT_A_TOKEN: Final = frozenset({End.WAITING})
"""Who waits for another's upload keeps its token: so many wait again and again that they would crowd PostgreSQL."""


class Dispatch:
    """`owners`: the people who own every bot; like its other admins they are never nudged."""

    def __init__(
        self,
        doors: Doors,
        catalogue: Catalogue,
        clock: ServerClock,
        links: Links,
        owners: frozenset[int] = frozenset(),
    ) -> None:
        self.doors = doors
        self.catalogue = catalogue
        self.clock = clock
        self.links = links
        self.owners = owners

    async def serve(self, bot: Served, held: Held, permit: Permit) -> End:
        """Take one claimed timer to its next deadline. Raises UnreachableError: the lease then brings the chat back."""
        journey = _Journey(self, bot, held, permit)
        cursor = cursors.read(held.opaque) or await journey.begin()
        return await journey.go_on(cursor) if cursor else End.WAITING


class _Journey:
    """One chat, one claim. Each verb writes what was decided and says how the journey ended."""

    def __init__(self, dispatch: Dispatch, bot: Served, held: Held, permit: Permit) -> None:
        self._permit = permit
        self._doors = dispatch.doors
        self._catalogue = dispatch.catalogue
        self._clock = dispatch.clock
        self._links = dispatch.links
        self._bot = bot
        self._held = held
        self._owner = held.chat_id in dispatch.owners
        self._log = logger().bind(bot=bot.username, chat=held.chat_id, version=held.version)

    async def begin(self) -> Cursor | None:
        """Begin the episode of this silence; the cursor to go on with, or None when all is settled."""
        newest = self._bot.newest
        held = self._held
        first = state_machine.first(newest, held.seen_ms, held.due_ms, held.chat_id) if newest else None
        if newest is None or first is None or self._bot.state is not LaneState.OPEN or self._before_activation():
            return await self._begun_before()
        if held.due_ms < held.seen_ms + newest.threshold_ms:
            await self._wait_longer(newest)
            return None
        begun = await self._doors.begin(self._beginning(first))
        if not begun.fresh and newer_sign(begun.last_active_ms, self._held.seen_ms):
            await self._arm_anew(begun.last_active_ms, newest)
            return None
        cursor = begun.cursor or first.cursor._replace(episode_id=begun.episode_id)
        if not begun.fresh and begun.cursor is None and not begun.welcome:
            self._note("Recovery episode not begun", cursor, reason=Reason.CAP)
        if begun.fresh:
            self._note("Recovery episode started", cursor)
            self._note("Recovery step scheduled", cursor, due=first.due_ms)
        if begun.fresh and first.due_ms > self._clock.now_ms():
            await self._settle(cursor, first.wake_ms, urgent=False)
            return None
        return cursor

    async def _wait_longer(self, newest: Snapshot) -> None:
        """The threshold has grown since the timer was set: the silence is not long enough yet."""
        held = self._held
        await self._doors.settle(
            self._bot.bot_id, NextTimer(held.chat_id, held.version, held.seen_ms + newest.threshold_ms)
        )

    async def _begun_before(self) -> Cursor | None:
        """Nothing begins any more; but a poller that died may have begun, and an episode needs its end."""
        nothing = state_machine.NextDelivery(Cursor(self._held.seen_ms, 0, "", "", 0), self._held.due_ms, urgent=False)
        begun = await self._doors.begin(self._beginning(nothing)._replace(begins=False))
        if begun.cursor is None:
            await self._remove()
        return begun.cursor

    async def go_on(self, cursor: Cursor) -> End:
        """Claim the block at the cursor, and do what the find calls for."""
        block, plan = await self._plan(cursor)
        wish = isinstance(gate.judge(Facts(), plan), Pass)
        found = await self._doors.claim(self._claiming(cursor, plan, wish=wish))
        if found.taken and found.status == "unknown":
            self._note("Recovery step unknown", found.cursor, reason="no answer was recorded")
        decision = state_machine.decide(found, cursor, gate.judge(found.facts, plan), self._clock.now_ms())
        if isinstance(decision, Send) and block:
            return await self._send(found, cursor, block)
        if isinstance(decision, Announce) and block:
            await self._announce(found, block)
        else:
            await self._settle_without_sending(decision, found)
        return End.WAITING

    async def _settle_without_sending(self, decision: Decision, found: Found) -> None:
        match decision:
            case Advance():
                await self._go_to_next(found, step_over=False)
            case Withhold():
                await self._go_to_next(found, step_over=False, status="would_send", reason=Reason.SHADOW)
            case Drop(reason):
                await self._go_to_next(found, step_over=True, status="skipped", reason=reason)
                await self._tell_if_nothing_fits(found, reason)
            case Close(reason):
                await self._report(found, status="cancelled", reason=reason, end=reason)
                self._note("Recovery episode ended", found.cursor, reason=reason)
                await self._leave(found)
            case Defer(until_ms):
                await self._report(found, status="scheduled", due_ms=until_ms, deferred=True)
                await self._settle(found.cursor, until_ms, urgent=False)
            case Rest(Reason.VERSION_CHANGED):
                self._note("Recovery step skipped", found.cursor, reason=Reason.VERSION_CHANGED)
            case Rest(_, until_ms):
                await self._settle(found.cursor, until_ms or self._clock.now_ms() + REST_MS, urgent=False)
            case Follow() | Announce():
                await self._wait_for_it(found)
            case Forget() | Send():
                await self._leave(found)

    async def _send(self, found: Found, expected: Cursor, block: Block) -> End:
        if found.attempts > MAX_ATTEMPTS:
            return await self._done(found, "failed", Reason.INTERNAL_ERROR)
        speaker, content = self._bot.speaker, self._rendered(found, block)
        prepared = await self._doors.prepare(speaker, content)
        if not isinstance(prepared, Prepared):
            return await self._not_prepared(prepared, found, expected)
        try:
            await self._permit.pay(messages(content) - 1)
            if not await self._passes(found, expected):
                return End.WAITING
            asked_ms = self._clock.now_ms()
            self._permit.passed()
            outcome = await self._doors.send(speaker, self._held.chat_id, prepared, block.effects, found.attempts)
            if not prepared.uploads:
                self._permit.answered()
        finally:
            self._doors.release(speaker, prepared)
        return await self._record(outcome, found, expected, block, asked_ms)

    def _rendered(self, found: Found, block: Block) -> Content:
        content = choose(block, found.person.language)
        variant, at = variant_for(block, found.person.language), found.cursor

        def link(row: int, column: int, button: UrlButton) -> str:
            chat = (self._bot.bot_id, self._held.chat_id, at.episode_id)
            return self._links.mint(Reference(*chat, at.pinned, row, column, at.step, at.block, variant), button.url)

        return render(content, found.person, self._bot.username, link)

    async def _announce(self, found: Found, block: Block) -> None:
        """Show that it is coming: nothing depends on it, so that the timer is set first."""
        await self._wait_for_it(found)
        action = action_of(choose(block, found.person.language))
        outcome = await self._doors.act(self._bot.speaker, self._held.chat_id, action)
        if isinstance(outcome, RetryLater) and outcome.bot_wide:
            await self._hold(outcome.after_ms)

    async def _not_prepared(self, verdict: Busy | Missing, found: Found, expected: Cursor) -> End:
        """A file that another message uploads just now is waited for in Redis, not here."""
        if isinstance(verdict, Busy):
            await self._back(found, expected, self._clock.now_ms() + REST_MS, spent=False)
            return End.BUSY
        return await self._fail(found, Reason.MEDIA_MISSING, verdict.detail)

    async def _passes(self, found: Found, expected: Cursor) -> bool:
        """The last look: nothing that waits may stand between it and the request."""
        if self._permit.is_withdrawn or not self._is_still_served():
            await self._back(found, expected, found.due_ms, spent=False)
            return False
        ticket = Ticket(self._held.chat_id, self._held.version)
        looked_ms = self._clock.now_ms()
        if await self._doors.pass_(self._bot.bot_id, ticket) is Fence.STALE:
            await self._report(found._replace(cursor=expected), status="scheduled", spent=False)
            self._note("Recovery step skipped", found.cursor, reason=Reason.VERSION_CHANGED)
            return False
        if self._clock.now_ms() - looked_ms > PASS_HOLDS_MS:
            await self._back(found, expected, found.due_ms, spent=False)
            return False
        return True

    def _is_still_served(self) -> bool:
        """A campaign that was stopped or paused since the claim sends nothing more."""
        bot = self._catalogue.bots.get(self._bot.bot_id)
        return bot is not None and bot.state in (LaneState.OPEN, LaneState.FINISHING)

    async def _record(  # noqa: PLR0911 - one line for each outcome
        self, outcome: Outcome, found: Found, expected: Cursor, block: Block, asked_ms: int
    ) -> End:
        match outcome:
            case Sent(message_ids):
                metrics.lateness.observe((self._clock.now_ms() - found.due_ms) / 1000)
                after = _aftermath(block.effects)
                return await self._done(found, "sent", message_ids=message_ids, aftermath=after)
            case Unknown():
                return await self._done(found, "unknown")
            case FileRefused() if found.attempts < MAX_ATTEMPTS:
                await self._back(found, expected, found.due_ms, spent=True)
                return End.REFUSED
            case Rejected(detail) | FileRefused(detail):
                return await self._fail(found, Reason.REFUSED, detail)
            case Unreachable():
                return await self._unreachable(found, asked_ms)
            case RetryLater(after_ms, True):
                await self._hold(after_ms)
                await self._back(found, expected, found.due_ms, spent=False)
                return End.HELD
            case RetryLater() if found.attempts >= MAX_ATTEMPTS:
                return await self._done(found, "failed", Reason.INTERNAL_ERROR)
            case RetryLater(after_ms):
                await self._back(found, expected, self._clock.now_ms() + after_ms, spent=True)
                return End.REFUSED
            case Unauthorized():
                await self._back(found, expected, found.due_ms, spent=False)
                return End.UNAUTHORIZED

    async def _fail(self, found: Found, reason: Reason, detail: str) -> End:
        """The block cannot be sent, probably to nobody: its admins are told."""
        self._note("Block cannot be sent", found.cursor, reason=reason, detail=detail)
        end = await self._done(found, "failed", reason)
        await self._doors.tell_of_block(self._bot.bot_id, found.cursor, reason, detail)
        return end

    async def _tell_if_nothing_fits(self, found: Found, reason: Reason) -> None:
        """Hours and limits leave no room for the block, probably for nobody: its admins are told."""
        if reason is Reason.NEVER_FITS:
            at = found.cursor._replace(pinned=found.cursor.pinned or self._bot.newest_version)
            await self._doors.tell_of_block(self._bot.bot_id, at, reason, f"put off {found.deferrals} times")

    async def _hold(self, for_ms: int) -> None:
        """Telegram asks the whole bot for patience."""
        self._permit.hold(for_ms)
        await self._doors.hold(self._bot.bot_id, for_ms)

    async def _done(self, found: Found, status: str, reason: Reason | None = None, **report: Any) -> End:
        """Record the fact, with what follows from it in the same statement."""
        await self._go_to_next(found, step_over=False, status=status, fact=True, reason=reason, **report)
        return End.SENT if status == "sent" else End.REFUSED

    async def _go_to_next(self, found: Found, *, step_over: bool, **report: Any) -> None:
        """Plan the delivery that follows, or the end of the episode: PostgreSQL first, Redis second."""
        following = await self._following(found, step_over=step_over)
        if following is None:
            stands = await self._report(found, end=Reason.COMPLETED, **report)
            self._note_done(found.cursor, stands)
            self._note("Recovery episode ended", found.cursor, reason=stands.ended)
            await self._remove()
            return
        onward = {"next_due_ms": following.due_ms, "next_anchor_ms": following.anchor_ms}
        stands = await self._report(found, next=following.cursor, **onward, **report)
        self._note_done(found.cursor, stands)
        if stands.ended:
            await self._remove()
            return
        self._note("Recovery step scheduled", following.cursor, due=following.due_ms)
        await self._settle(following.cursor, following.wake_ms, urgent=following.urgent)

    async def _unreachable(self, found: Found, asked_ms: int) -> End:
        """As of the request: whoever has written since can be reached."""
        await self._report(found, status="failed", fact=True, reason=Reason.UNREACHABLE, end=Reason.UNREACHABLE)
        await self._doors.mark_unreachable(self._bot.bot_id, self._held.chat_id, asked_ms)
        self._note("Recovery step skipped", found.cursor, reason=Reason.UNREACHABLE)
        self._note("Recovery episode ended", found.cursor, reason=Reason.UNREACHABLE)
        await self._remove()
        return End.REFUSED

    async def _back(self, found: Found, expected: Cursor, due_ms: int, *, spent: bool) -> None:
        """It surely did not leave: the delivery keeps its place."""
        stands = await self._report(found._replace(cursor=expected), status="scheduled", due_ms=due_ms, spent=spent)
        if stands.status == "scheduled":
            await self._settle(expected, due_ms, urgent=True)

    async def _plan(self, cursor: Cursor) -> tuple[Block | None, Plan]:
        """What the campaign says of the block: a begun step finishes as it began, others use the newest version."""
        newest = self._bot.newest
        pinned = await self._catalogue.version(self._bot.bot_id, cursor.pinned) or newest
        if newest is None or pinned is None:
            return None, Plan(skip_paid=False, step_refusal=Reason.STEP_DELETED)
        step = state_machine.find_step(pinned, cursor.step)
        block = state_machine.find_block(step, cursor.block)
        now_ms, begun = self._clock.now_ms(), bool(cursor.pinned)
        return block, state_machine.plan(
            newest, step, block, self._held.due_ms, now_ms, self._held.chat_id, begun=begun
        )

    async def _following(self, found: Found, *, step_over: bool) -> state_machine.NextDelivery | None:
        newest = self._bot.newest
        pinned = await self._catalogue.version(self._bot.bot_id, found.cursor.pinned) or newest
        if newest is None or pinned is None:
            return None
        now_ms, chat_id = self._clock.now_ms(), self._held.chat_id
        return state_machine.following(newest, pinned, found, now_ms, chat_id, step_over=step_over)

    def _beginning(self, first: state_machine.NextDelivery) -> Beginning:
        cursor, held = first.cursor, self._held
        return Beginning(
            self._bot.bot_id,
            held.chat_id,
            cursor.episode_id,
            held.version,
            self._bot.newest_version,
            cursor.step,
            cursor.block,
            first.due_ms,
            anchor_ms=first.anchor_ms,
            replan=self._bot.replan,
            limits=self._limits,
        )

    @property
    def _limits(self) -> Limits:
        return self._bot.newest.limits if self._bot.newest else Limits()

    def _claiming(self, cursor: Cursor, plan: Plan, *, wish: bool) -> Claiming:
        held = self._held
        pinned = cursor.pinned or self._bot.newest_version
        limits = Limits() if cursor.pinned else self._limits
        chat = (self._bot.bot_id, held.chat_id, cursor, held.version, pinned)
        return Claiming(*chat, held.marked, wish, plan.skip_paid, limits, self._owner)

    async def _report(self, found: Found, **what: Any) -> Reported:
        return await self._doors.report(
            Report(
                self._bot.bot_id, self._held.chat_id, found.cursor, self._held.version, replan=self._bot.replan, **what
            )
        )

    async def _wait_for_it(self, found: Found) -> None:
        await self._settle(found.cursor, found.due_ms, urgent=bool(found.cursor.pinned))

    async def _settle(self, cursor: Cursor, due_ms: int, *, urgent: bool) -> None:
        plan = NextTimer(self._held.chat_id, self._held.version, due_ms, urgent, cursors.write(cursor))
        await self._doors.settle(self._bot.bot_id, plan)

    async def _remove(self) -> None:
        await self._doors.settle(self._bot.bot_id, NextTimer(self._held.chat_id, self._held.version, NOTHING_ARMED))

    async def _leave(self, found: Found) -> None:
        """The episode is over. Redis may have lost the sign of life that ended it: then that silence is armed anew."""
        if found.facts.returned and self._bot.newest:
            await self._arm_anew(found.last_active_ms, self._bot.newest)
        else:
            await self._remove()

    def _before_activation(self) -> bool:
        """Activation is not retroactive: who was silent before it is left alone."""
        return self._held.seen_ms < self._bot.activated_at_ms

    async def _arm_anew(self, last_active_ms: int, newest: Snapshot) -> None:
        """Redis forgot a sign of life that PostgreSQL has seen: the silence counts from there."""
        due = last_active_ms + newest.threshold_ms
        await self._doors.restore(
            self._bot.bot_id, Lost(self._held.chat_id, last_active_ms, due, on_wire=False, opaque="")
        )

    def _note_done(self, cursor: Cursor, stands: Reported) -> None:
        """Say what PostgreSQL has taken down of the block."""
        if stands.status:
            metrics.delivered(stands.status, stands.reason)
        if stands.status in ("skipped", "failed"):
            self._note("Recovery step skipped", cursor, outcome=stands.status, reason=stands.reason)
        elif stands.status == "would_send":
            self._note("Recovery step would be sent", cursor, reason=stands.reason)
        elif stands.status == "unknown":
            self._note("Recovery step unknown", cursor, reason="no answer")
        elif stands.status:
            self._note("Recovery step sent", cursor, outcome=stands.status, crossed=stands.crossed)

    def _note(self, event: str, cursor: Cursor, **fields: Any) -> None:
        self._log.info(event, episode=cursor.episode_id, step=cursor.step, block=cursor.block, **fields)


def _aftermath(effects: Effects) -> Aftermath:
    return Aftermath(effects.delete_after_ms, name_of(effects.on_return), name_of(effects.on_payment))
