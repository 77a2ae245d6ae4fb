"""The engine in a run: its scripts, statements and decisions, on a clock that goes from minute to minute.

What sleeps in its processes is called in turn here, as those would call it: the receiver takes updates in and writes
them down, admins change campaigns, waiting people are planned again, and a poller claims until nothing is due. A minute
in which nothing can happen is passed over: no lane would look then.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from bench.questions.simulate.campaign import as_file
from bench.questions.simulate.story import (
    TICK_MS,
    Act,
    Activate,
    Deed,
    Edit,
    Finish,
    Hold,
    Pause,
    Publish,
    Release,
    Resume,
    Stop,
    Story,
)
from bench.questions.simulate.updates import event_of
from bench.questions.simulate.wire import Clock, Wire, WireDoors
from bench.sandbox.protocol import BotInfo
from engine import campaign_file
from engine.administration import bots, campaigns
from engine.administration.campaigns import Publishing
from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.core import change
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.rate_limit import Bucket, Throttle
from engine.core.errors import RecoveryError
from engine.poller.dispatch import Dispatch
from engine.poller.lane import LEASE_MS
from engine.poller.rebuild import rebuild
from engine.poller.replanner import Replanner
from engine.poller.send_permit import SendPermit
from engine.poller.served_bots import Served, ServedBots
from engine.receiver.feed_ownership import FeedOwnership
from engine.receiver.opt_out_replies import OptOutReplies
from engine.receiver.update_handler import UpdateHandler
from engine.security.signed_links import SignedLinks
from engine.security.vault import Vault
from engine.settings import Settings
from storage.postgres import receiver_bots, replans
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.ownership import Ownership, this_process
from storage.redis.server_identity import run_of
from storage.redis.timer_values import ClaimCode, Held
from storage.redis.timers import BATCH, Timers

_EPOCH: Final = 1
_MOST_CLAIMS: Final = 1_000
"""In a minute of one bot: a timer that stays due for ever would be claimed again and again."""
_MOST_LOOKS: Final = 100
"""At the replans of a minute; what is left is looked at in the next one."""
_MOST_CONFIRMATIONS: Final = 10
"""A machine that stands still for seconds loses the feed more than once."""
_NEVER: Final = math.inf


class World:
    def __init__(self, settings: Settings, pool: Pool, client: Redis, infos: Sequence[BotInfo], story: Story) -> None:
        self._pool, self._client, self._infos, self._story = pool, client, infos, story
        self._least_ms = settings.min_threshold_ms
        self.clock = Clock(story.begins_ms)
        cast("Any", client).time = self.clock.time  # no server's clock decides here
        self.wire = Wire(self.clock)
        self._timers = Timers(client, self.clock.now_us)
        self._watched: dict[int, receiver_bots.Watched] = {}
        self._nearest_ms: dict[int, float] = {}
        self._replanning = False
        self._activity = Activity(pool, self._timers, self._watched_bot)
        self._feeds = FeedOwnership(client, Ownership(client, this_process()), self._activity)
        self._replies = OptOutReplies(lambda _: None)
        endings = Endings(pool, client, self._timers, str)
        self._updates = UpdateHandler(client, self._activity, endings, self._replies)
        self._catalogue = ServedBots(pool, Vault(settings.encryption_keys))
        doors = WireDoors(self.wire, pool, client, self._timers, self.clock)
        self._dispatch = Dispatch(doors, self._catalogue, self.clock, SignedLinks([], None))
        self._replanner = Replanner(pool, self._timers, self._catalogue, self.clock, lambda _: True)

    async def open(self) -> None:
        """Every bot has its campaign, live, and its timers are whole."""
        for bot, campaign in enumerate(self._story.campaigns):
            await self._publish(bot, Publish(campaign))
            await campaigns.activate(self._pool, self._name(bot), self._change())
        await self._read_again()
        run = await run_of(self._client)
        for info in self._infos:
            served = self._catalogue.bots[info.id]
            if served.newest is None:
                raise RecoveryError(f"The campaign of {info.username} is not published: the simulation cannot begin.")
            activated_ms = served.activated_at_ms
            await rebuild(self._pool, self._client, self._timers, info.id, served.newest, activated_ms, run)

    async def live(self, tell: Callable[[int], None]) -> None:
        """From the first minute to the last; `tell` hears of each."""
        acts, edits = self._story.acts_at(), self._story.edits_at()
        for at_ms in range(self._story.begins_ms, self._story.ends_ms + 1, TICK_MS):
            self.clock.at_ms = at_ms
            await self._minute(acts.get(at_ms, ()), edits.get(at_ms, ()))
            tell(at_ms)

    async def close(self) -> None:
        self._replies.end()
        await self._feeds.release()

    async def _minute(self, acts: Sequence[Act], edits: Sequence[Edit]) -> None:
        if acts:
            await self._receive(acts)
        for edit in edits:
            await self._edit(edit)
        if edits or self._replanning:
            await self._read_again()
            await self._replan()
        ids = [info.id for info in self._infos if self._nearest_ms.get(info.id, 0) <= self.clock.at_ms]
        await asyncio.gather(*map(self._look, ids))

    # --- people

    def _watched_bot(self, bot_id: int) -> receiver_bots.Watched | None:
        return self._watched.get(bot_id)

    async def _receive(self, acts: Sequence[Act]) -> None:
        for act in acts:
            if act.deed is Deed.LEAVE:
                self.wire.left.add(act.person)
            elif act.deed in (Deed.WRITE, Deed.PAY, Deed.UNDO):
                self.wire.left.discard(act.person)
        for bot, info in enumerate(self._infos):
            events = [event for act in acts if act.bot == bot if (event := event_of(act))]
            if events:
                await self._updates.take_all(info.id, events)
                self._note_armed(info.id)
        if not await self._activity.flush():
            raise RecoveryError("PostgreSQL did not take the activity of a minute: the simulation cannot go on.")

    def _note_armed(self, bot_id: int) -> None:
        """A sign of life arms nothing sooner than after the threshold."""
        threshold_ms = self._activity.threshold_ms(bot_id)
        if threshold_ms is not None:
            nearest_ms = self._nearest_ms.get(bot_id, 0)
            self._nearest_ms[bot_id] = min(nearest_ms, self.clock.at_ms + threshold_ms)

    async def _confirm(self, bot_id: int) -> None:
        """The feed is taken again when its time is over, which passes for the servers alone."""
        for _ in range(_MOST_CONFIRMATIONS):
            if await self._is_confirmed(bot_id):
                return
            await self._feeds.run_once([info.id for info in self._infos])
        raise RecoveryError("Another receiver has a feed of the simulation: it needs servers of its own.")

    async def _is_confirmed(self, bot_id: int) -> bool:
        holding = self._feeds.holding(bot_id)
        return holding is not None and await self._activity.confirm(bot_id, holding) is not None

    # --- admins

    async def _edit(self, edit: Edit) -> None:
        name, now = self._name(edit.bot), self._change()
        match edit.change:
            case Publish() as publication:
                await self._publish(edit.bot, publication)
            case Pause():
                await campaigns.pause(self._pool, name, now)
            case Resume(policy):
                await campaigns.resume(self._pool, name, now, cast("Any", policy))
            case Hold():
                await bots.pause(self._pool, name, now)
            case Release():
                await bots.resume(self._pool, name, now)
            case Stop():
                await campaigns.stop(self._pool, name, now)
            case Finish():
                await campaigns.finish(self._pool, name, now)
            case Activate():
                await campaigns.activate(self._pool, name, now)

    async def _publish(self, bot: int, publication: Publish) -> None:
        name, now = self._name(bot), self._change()
        draft = campaign_file.read(as_file(publication.campaign), "campaign.yaml", self._least_ms)
        await campaigns.import_draft(self._pool, name, draft, self._least_ms, now)
        how = Publishing(mode="keep" if publication.keep else "update", include=publication.include)
        await campaigns.publish(self._pool, name, self._least_ms, now, how)

    def _name(self, bot: int) -> str:
        return self._infos[bot].username

    def _change(self) -> change.Change:
        return change.Change("simulate", self.clock.at_ms)

    async def _read_again(self) -> None:
        """As receivers and pollers do when they are notified."""
        self._watched = {bot.bot_id: bot for bot in await receiver_bots.list_watched(self._pool)}
        await self._catalogue.refresh()

    # --- the poller

    async def _replan(self) -> None:
        for _ in range(_MOST_LOOKS):
            self._replanning = bool(await replans.pending(self._pool, [info.id for info in self._infos]))
            if not self._replanning:
                break
            await self._replanner.run_once()
        await self._catalogue.refresh()
        self._nearest_ms = {}

    async def _look(self, bot_id: int) -> None:
        """A lane that is shut looks again when an admin has changed something."""
        bot = self._catalogue.bots[bot_id]
        if bot.state is LaneState.SHUT:
            self._nearest_ms[bot_id] = _NEVER
        else:
            await self._confirm(bot_id)
            await self._send_what_is_due(bot_id, bot)

    async def _send_what_is_due(self, bot_id: int, bot: Served) -> None:
        """Claim again and again, until nothing more is due now."""
        for _ in range(_MOST_CLAIMS):
            claimed = await self._timers.claim(bot_id, BATCH, LEASE_MS, _EPOCH)
            if claimed.code is not ClaimCode.CLAIMED:
                raise RecoveryError(f"A claim was refused ({claimed.code.name}): the simulation cannot go on.")
            if not claimed.timers:
                self._nearest_ms[bot_id] = claimed.nearest_due_ms if claimed.nearest_due_ms >= 0 else _NEVER
                return
            await asyncio.gather(*(self._serve(bot, held) for held in claimed.timers))
        raise RecoveryError(f"More than {_MOST_CLAIMS} claims of {bot.username} in a minute: a timer stays due.")

    async def _serve(self, bot: Served, held: Held) -> None:
        await self._dispatch.serve(bot, held, _permit())


def _permit() -> SendPermit:
    """The load is such that the pace never binds."""
    return SendPermit(Bucket(1, 0.0), Throttle(1, 0.0), elapsed_s=lambda: 0.0, note_passed=lambda: None)
