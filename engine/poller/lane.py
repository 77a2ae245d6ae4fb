"""One bot's due work, at its own pace: a lane claims no more than it can send now, and delays no other bot.

It starts with an empty bucket, and claims nothing while too much is on its way to the wire. Leases are renewed while
work is in flight, so that after a killed poller its chats go on within seconds. Wake-ups are hints, the poll is the
truth.
"""

import asyncio
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from engine.core.delivery.gate import Reason
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.rate_limit import Bucket, Share, Throttle, most_ahead
from engine.core.errors import RecoveryError
from engine.poller.dispatch import Dispatch
from engine.poller.journey import LEFT_A_TOKEN, USED_A_TOKEN, JourneyEnd
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Served, ServedBots
from engine.poller.unrecorded_outcomes import UnrecordedOutcomes
from engine.runtime import metrics
from engine.runtime.alarm import Alarm
from engine.runtime.elapsed import elapsed_s
from engine.runtime.server_clock import ServerClock
from engine.runtime.service import on_the_beat, run_service
from engine.runtime.telemetry import logger
from storage.redis.timer_values import ClaimCode, Claimed, Fence, Held, Ticket

LEASE_MS: Final = 3_000
RENEWAL_S: Final = 1.0
LONGEST_SLEEP_S: Final = 5.0
SHUT_SLEEP_S: Final = 0.5
SHORTEST_SLEEP_S: Final = 0.02
"""While more is due than can be sent: one look serves several tokens, or several journeys that end."""
UNCLAIMABLE_SLEEP_S: Final = 0.1
"""While what is due may not be claimed: it waits for the feed."""
AT_ONCE: Final = 64
"""The most that one claim takes. The claims of several bots share a round trip, and the server serves them in one go:
together they take no more than one script may, so nobody else waits for milliseconds.
"""
IN_FLIGHT: Final = 512
WARM_S: Final = 1.0
STALE_MS: Final = 30_000
"""A lane whose timers have waited for the feed this long says so in the log."""
LATELY_MS: Final = 600_000
"""A poller that takes a shard over later than this after an activation finds the timers of the bot in place."""


class LaneTurn(NamedTuple):
    """What one turn did, and how long to sleep after it."""

    code: ClaimCode | None
    claimed: int
    sleep_s: float


class Tenure(Protocol):
    """The right by which a lane claims."""

    def epoch_of(self, bot_id: int) -> int | None:
        """The epoch to claim under; None if another poller serves the bot."""

    def fenced_by(self, epoch: int) -> None:
        """A claim was refused: another poller has claimed under this higher epoch."""

    def timers_lost(self) -> None:
        """A claim was refused for the first time: the bot's timers are lost, and nothing is sent before their mend."""


class DueTimers(Protocol):
    """Where a lane claims. All methods raise UnreachableError."""

    async def claim(self, bot_id: int, limit: int, lease_ms: int, epoch: int, fresh: int) -> Claimed: ...

    async def extend(self, bot_id: int, tickets: Sequence[Ticket], lease_ms: int) -> list[Fence]: ...


class Lane:
    def __init__(
        self,
        bot_id: int,
        catalogue: ServedBots,
        timers: DueTimers,
        dispatch: Dispatch,
        clock: ServerClock,
        tenure: Tenure,
        elapsed_s: Callable[[], float] = elapsed_s,
        first_after_s: float = 0.0,
    ) -> None:
        self._elapsed_s = elapsed_s
        self._first_after_s = first_after_s
        self._bot_id = bot_id
        self._catalogue = catalogue
        self._timers = timers
        self._dispatch = dispatch
        self._clock = clock
        self._tenure = tenure
        self._epoch = 0
        self._journeys: dict[asyncio.Task[None], Ticket] = {}
        self._on_the_way: set[Ticket] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._unrecorded = UnrecordedOutcomes()
        self._answered_at = elapsed_s() - WARM_S
        self._throttle = Throttle(0, 0.0)
        self._bucket = Bucket(1, 0.0)
        self._fresh = Share()
        self._last_code: ClaimCode | None = None
        self._was_open = False
        self._stale = False
        self._alarm = Alarm()
        self._found_shut = False
        self._more_is_due = False
        self.suspected: bytes | None = None
        """The sealed token that Telegram refused; a different one opens the lane again."""
        self.lost = asyncio.Event()

    async def run(self) -> None:
        """Run until cancelled. Lanes that begin at the same time each start at a moment of their own."""
        await asyncio.sleep(self._first_after_s)
        await run_service(self.run_once, self._rest, "Lane turn failed", self._named_logger)

    async def finish(self) -> None:
        """Wait for what is in flight; after `run` was cancelled nothing new is claimed."""
        try:
            await asyncio.gather(*self._journeys, return_exceptions=True)
        finally:
            if self._keeper:
                self._keeper.cancel()

    async def run_once(self) -> LaneTurn:
        """Claim what is due and can be sent now, and start its journeys. Raises UnreachableError.

        A chat that is claimed while its last journey is under way may be on the wire, whatever Redis remembers: a
        failover may have dropped the mark. What was claimed by a clock that has jumped comes back as its lease ends.
        """
        claimable = self._claimable()
        self._found_shut = claimable is None
        if claimable is None:
            return LaneTurn(None, 0, SHUT_SLEEP_S)
        bot, epoch = claimable
        bucket = self._bucket_of(bot, epoch)
        wanted = self._room(bot, bucket)
        if not wanted:
            self._more_is_due = True
            wait_s = bucket.wait_s(self._elapsed_s())
            return LaneTurn(None, 0, min(LONGEST_SLEEP_S, max(SHORTEST_SLEEP_S, wait_s)))
        try:
            claimed = await self._timers.claim(self._bot_id, wanted, LEASE_MS, epoch, self._fresh.of(wanted))
        except Exception:
            self._give_back(bot, wanted)
            raise
        self._clock.hear(claimed.now_ms)
        if not self._clock.is_settled:
            self._give_back(bot, wanted)
            return LaneTurn(None, 0, SHUT_SLEEP_S)
        self._give_back(bot, wanted - len(claimed.timers))
        if claimed.code is ClaimCode.HELD:
            bucket.hold(self._elapsed_s() + (claimed.nearest_due_ms - claimed.now_ms) / 1000)
        under_way = {ticket.chat_id for ticket in self._journeys.values()}
        for held in claimed.timers:
            self._start(bot, bucket, held._replace(marked=held.marked or held.chat_id in under_way))
        self._note(bot, claimed)
        return LaneTurn(claimed.code, len(claimed.timers), self._sleep_s(bot, claimed))

    def look_if_opened(self) -> None:
        """What is known of the bot was read again: a lane that may claim now does not sleep to the end."""
        if self._found_shut and self._claimable():
            self._alarm.set(0.0)

    def go_on(self) -> None:
        """The timers are whole again."""
        self.lost.clear()
        self._alarm.set(0.0)

    def _claimable(self) -> tuple[Served, int] | None:
        """The bot and the epoch to claim under; None while nothing may be claimed."""
        bot = self._catalogue.bots.get(self._bot_id)
        epoch = self._tenure.epoch_of(self._bot_id)
        return None if bot is None or epoch is None or self._is_shut(bot) else (bot, epoch)

    async def _rest(self, turn: LaneTurn | None) -> None:
        """Until the next deadline that is known, or one that a journey sets meanwhile."""
        self._alarm.set(turn.sleep_s if turn else SHUT_SLEEP_S)
        await self._alarm.wait()

    def _note_due(self, due_ms: int) -> None:
        """A journey has set this deadline."""
        self._alarm.set(max(0, due_ms - self._clock.now_ms()) / 1000)

    def _is_shut(self, bot: Served) -> bool:
        if bot.doubt and bot.state is not LaneState.DRAINING and bot.doubt.holds(self._clock.now_ms()):
            return True
        untimely = self._catalogue.clocks_apart or not self._clock.is_settled
        if untimely or self._unrecorded.are_waiting or self._catalogue.out_of_reach:
            return True
        return bot.state is LaneState.SHUT or bot.sealed_token == self.suspected

    def _bucket_of(self, bot: Served, epoch: int) -> Bucket:
        """The bot's bucket; a new pace or a new epoch starts with an empty one."""
        now_s = self._elapsed_s()
        if self._throttle.full != bot.pace or self._epoch != epoch:
            self._throttle = Throttle(bot.pace, now_s)
            self._bucket, self._epoch = Bucket(bot.pace, now_s), epoch
        self._follow(bot, self._throttle.rate(now_s), now_s)
        return self._bucket

    def _follow(self, bot: Served, rate: float, now_s: float) -> None:
        """Send as fast as Telegram can take it, and log when that changes."""
        if rate < self._bucket.rate == bot.pace:
            logger().warning("Lane slowed", bot=bot.username, rate=round(rate, 1), reason="Telegram answers late")
        if self._bucket.rate < rate == bot.pace:
            logger().info("Lane no longer slowed", bot=bot.username, rate=bot.pace)
        self._bucket.change(rate, now_s)

    def _room(self, bot: Served, bucket: Bucket) -> int:
        free = min(AT_ONCE, IN_FLIGHT - len(self._journeys))
        if bot.state is LaneState.DRAINING:
            return free
        return bucket.take(max(0, min(free, most_ahead(bucket.rate) - len(self._on_the_way))), self._elapsed_s())

    def _give_back(self, bot: Served, tokens: int) -> None:
        if bot.state is not LaneState.DRAINING:
            self._bucket.give_back(tokens)

    def _start(self, bot: Served, bucket: Bucket, held: Held) -> None:
        ticket = Ticket(held.chat_id, held.version)
        note_passed = partial(self._note_passed, ticket)
        permit = SendPermit(
            bucket, self._throttle, self._elapsed_s, note_passed, note_due=self._note_due, unrecorded=self._unrecorded
        )
        self._on_the_way.add(ticket)
        task = asyncio.create_task(self._journey(bot, held, ticket, permit))
        self._journeys[task] = ticket
        task.add_done_callback(self._journeys.pop)
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep_leases())

    async def _journey(self, bot: Served, held: Held, ticket: Ticket, permit: SendPermit) -> None:
        try:
            end = await self._dispatch.serve(bot, held, permit)
        except RecoveryError as error:
            logger().warning("Journey cut short", bot=bot.username, chat=held.chat_id, error=error)
            return
        except Exception:  # noqa: BLE001 - one chat's fault does not end the lane: its lease brings the chat back
            logger().exception("Journey cut short", bot=bot.username, chat=held.chat_id)
            return
        finally:
            self._on_the_way.discard(ticket)
            if self._more_is_due:
                self._alarm.set(SHORTEST_SLEEP_S)
        if end in USED_A_TOKEN:
            self._answered_at = self._elapsed_s()
        if end is JourneyEnd.UNAUTHORIZED:
            self.suspected = bot.sealed_token
        if end in LEFT_A_TOKEN:
            self._give_back(bot, permit.tokens)

    def _note_passed(self, ticket: Ticket) -> None:
        """At the wire. Until Telegram answers it still counts as on its way, so that a cold start is not a burst."""
        if self._elapsed_s() - self._answered_at < WARM_S:
            self._on_the_way.discard(ticket)

    async def _keep_leases(self) -> None:
        """As long as work is in flight: a lane at rest costs nothing."""
        beat = on_the_beat(RENEWAL_S)
        await beat(None)
        is_over = partial(operator.not_, self._journeys)
        await run_service(self._renew_leases, beat, "Leases not renewed", self._named_logger, is_over)

    async def _renew_leases(self) -> None:
        await self._timers.extend(self._bot_id, list(self._journeys.values()), LEASE_MS)

    def _sleep_s(self, bot: Served, claimed: Claimed) -> float:
        """Until the nearest deadline, or until a timer armed from now on could be due, whichever comes first."""
        if claimed.code is ClaimCode.LOST and not self.lost.is_set():
            self.lost.set()
            self._tenure.timers_lost()
        if claimed.code is ClaimCode.FENCED:
            self._tenure.fenced_by(claimed.nearest_due_ms)
        if claimed.code in (ClaimCode.LOST, ClaimCode.FENCED):
            return LONGEST_SLEEP_S if bot.state is LaneState.DRAINING else SHUT_SLEEP_S
        nearest_ms = claimed.nearest_due_ms
        self._more_is_due = 0 <= nearest_ms <= claimed.now_ms
        if self._more_is_due:
            return SHORTEST_SLEEP_S if claimed.timers else UNCLAIMABLE_SLEEP_S
        threshold_ms = bot.newest.threshold_ms if bot.newest else LONGEST_SLEEP_S * 1000
        wait_ms = min(threshold_ms, LONGEST_SLEEP_S * 1000)
        if nearest_ms >= 0:
            wait_ms = min(wait_ms, nearest_ms - self._clock.now_ms())
        return max(0.0, wait_ms / 1000)

    def _named_logger(self) -> Any:
        return logger().bind(bot=self._name())

    def _name(self) -> str:
        bot = self._catalogue.bots.get(self._bot_id)
        return bot.username if bot else str(self._bot_id)

    def _note(self, bot: Served, claimed: Claimed) -> None:
        waiting_since_ms = claimed.now_ms - STALE_MS
        stale = (
            claimed.code is ClaimCode.CLAIMED and not claimed.timers and 0 <= claimed.nearest_due_ms < waiting_since_ms
        )
        metrics.claims.inc(len(claimed.timers))
        self._was_open = self._was_open or claimed.code is ClaimCode.CLAIMED
        if claimed.code is not self._last_code and claimed.code is not ClaimCode.CLAIMED:
            self._note_shut(bot, claimed)
        if stale and not self._stale:
            logger().warning("Timers wait for the feed", bot=self._name(), reason=Reason.FEED_STALE)
        if stale is not self._stale:
            metrics.waiting_for_feed.labels(self._name()).set(stale)
        self._stale = stale
        self._last_code = claimed.code

    def _note_shut(self, bot: Served, claimed: Claimed) -> None:
        """A new bot has no timers before its first rebuild: nothing is lost, and nobody needs a warning."""
        has_timers = self._was_open or (bot.arms and bot.activated_at_ms < claimed.now_ms - LATELY_MS)
        if claimed.code is ClaimCode.LOST and not has_timers:
            logger().info("Lane waits for its first timers", bot=bot.username)
        else:
            logger().warning("Lane shut", bot=bot.username, reason=claimed.code.name.lower())
