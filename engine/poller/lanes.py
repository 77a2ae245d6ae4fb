"""The lanes of one poller: one for each bot of its shard, started and retired as the shard and its bots change.

A retired lane claims nothing more, and finishes what is in flight while the others work. Trouble with a bot (lost
timers, a refused token) is repaired here too, one thing at a time.
"""

import asyncio
import contextlib
from typing import Final

from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.rate_limit import FIRST_CALL_S
from engine.core.errors import RecoveryError
from engine.poller import token_suspicion
from engine.poller.dispatch import Dispatch
from engine.poller.gathered_timers import GatheredTimers
from engine.poller.lane import LATELY_MS, Lane
from engine.poller.rebuild import arm_unheard, let_receivers_repeat, rebuild, renew_doubted
from engine.poller.served_bots import Doubt, Served, ServedBots
from engine.poller.shard import Shard
from engine.runtime.server_clock import ServerClock
from engine.runtime.telemetry import logger
from engine.telegram.sender import Sender
from engine.telegram.session import LONGEST_S
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.server_identity import run_for
from storage.redis.timers import Timers

HEARD_BY_MS: Final = 40_000
"""By then every receiver knows of an activation, and has written down what it took in before it knew."""
HAND_OVER_S: Final = LONGEST_S + 5


class Lanes:
    def __init__(
        self,
        shard: Shard,
        catalogue: ServedBots,
        dispatch: Dispatch,
        timers: Timers,
        clock: ServerClock,
    ) -> None:
        self._shard = shard
        self._catalogue = catalogue
        self._dispatch = dispatch
        self._timers = timers
        self._gathered = GatheredTimers(timers)
        self._clock = clock
        self._running: dict[int, tuple[Lane, asyncio.Task[None]]] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._mending: dict[int, asyncio.Task[None]] = {}
        self._restored: dict[int, int] = {}
        self._renewed: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._running)

    def match(self) -> None:
        """Run one lane for each bot that is ours, and none for the others. Lanes that have opened go on at once."""
        ours = {bot_id for bot_id in self._catalogue.bots if self._shard.epoch_of(bot_id) is not None}
        for place, bot_id in enumerate(ours - self._running.keys()):
            lane = self._lane(bot_id, first_after_s=place * FIRST_CALL_S)
            self._running[bot_id] = (lane, asyncio.create_task(lane.run()))
        for bot_id in self._running.keys() - ours:
            self._retire(bot_id)
        for lane, _ in self._running.values():
            lane.look_if_opened()

    def _lane(self, bot_id: int, first_after_s: float) -> Lane:
        return Lane(
            bot_id,
            self._catalogue,
            self._gathered,
            self._dispatch,
            self._clock,
            self._shard,
            first_after_s=first_after_s,
        )

    def mend(self, pool: Pool, client: Redis, sender: Sender) -> None:
        for bot_id, (lane, _) in self._running.items():
            bot = self._catalogue.bots[bot_id]
            if bot_id in self._mending and not self._mending[bot_id].done():
                continue
            if bot.newest and lane.lost.is_set() and bot.arms:
                self._mending[bot_id] = asyncio.create_task(self._rebuild(pool, client, bot, bot.newest, lane))
            elif bot.newest and self._lacks_touches(bot) and bot.arms:
                self._mending[bot_id] = asyncio.create_task(self._arm_unheard(pool, bot, bot.newest))
            elif bot.newest and bot.doubt and self._is_over(bot, bot.doubt):
                self._mending[bot_id] = asyncio.create_task(self._renew_doubted(pool, bot, bot.newest, bot.doubt))
            elif lane.suspected == bot.sealed_token:
                self._mending[bot_id] = asyncio.create_task(self._ask_after_token(pool, sender, bot, lane))

    def _lacks_touches(self, bot: Served) -> bool:
        """Signs of life that came before their receiver knew of the activation armed nothing, and are armed now."""
        since_ms = self._clock.now_ms() - bot.activated_at_ms
        return HEARD_BY_MS < since_ms < LATELY_MS and self._restored.get(bot.bot_id) != bot.activated_at_ms

    def _is_over(self, bot: Served, doubt: Doubt) -> bool:
        """The doubt holds nothing any more, and its silences have not begun again yet."""
        over = bot.state is not LaneState.SHUT and not doubt.holds(self._clock.now_ms())
        return over and self._renewed.get(bot.bot_id) != doubt.until_ms

    def suspect(self, bot: Served) -> None:
        """Telegram has refused the bot's token: its lane stands still until that is proved or cleared."""
        if bot.bot_id in self._running:
            self._running[bot.bot_id][0].suspected = bot.sealed_token

    async def stop(self) -> None:
        """When this returns no lane claims any more; what is in flight goes on."""
        claiming = [task for _, task in self._running.values()]
        for bot_id in list(self._running):
            self._retire(bot_id)
        for task in self._mending.values():
            task.cancel()
        await asyncio.gather(*claiming, *self._mending.values(), return_exceptions=True)

    async def finish(self) -> None:
        """Wait for what is in flight, at most as long as a send may take."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._retiring), HAND_OVER_S)

    def _retire(self, bot_id: int) -> None:
        lane, task = self._running.pop(bot_id)
        task.cancel()
        finishing = asyncio.create_task(lane.finish())
        self._retiring.add(finishing)
        finishing.add_done_callback(self._retiring.discard)

    async def _rebuild(self, pool: Pool, client: Redis, bot: Served, newest: Snapshot, lane: Lane) -> None:
        try:
            run = await run_for(client, bot.bot_id)
            await let_receivers_repeat()
            chats = await rebuild(pool, client, self._timers, bot.bot_id, newest, bot.activated_at_ms, run)
        except RecoveryError as error:
            logger().warning("Timers not rebuilt yet", bot=bot.username, error=error)
            return
        logger().info("Timers rebuilt from PostgreSQL", bot=bot.username, chats=chats)
        lane.go_on()

    async def _arm_unheard(self, pool: Pool, bot: Served, newest: Snapshot) -> None:
        try:
            since_ms, now_ms = bot.activated_at_ms, self._clock.now_ms()
            pages = arm_unheard(pool, self._timers, bot.bot_id, newest, since_ms, now_ms)
            armed = sum([page async for page in pages])
        except RecoveryError as error:
            logger().warning("Silences since the activation not armed yet", bot=bot.username, error=error)
            return
        self._restored[bot.bot_id] = bot.activated_at_ms
        if armed:
            logger().info("Silences since the activation armed", bot=bot.username, chats=armed)

    async def _renew_doubted(self, pool: Pool, bot: Served, newest: Snapshot, doubt: Doubt) -> None:
        now_ms = self._clock.now_ms()
        try:
            chats = await renew_doubted(pool, self._timers, bot.bot_id, newest, doubt.until_ms, now_ms)
        except RecoveryError as error:
            logger().warning("Doubted silences not begun again yet", bot=bot.username, error=error)
            return
        self._renewed[bot.bot_id] = doubt.until_ms
        if chats:
            logger().info("Doubted silences begun again", bot=bot.username, chats=chats)

    async def _ask_after_token(self, pool: Pool, sender: Sender, bot: Served, lane: Lane) -> None:
        try:
            await token_suspicion.confirm(pool, sender, bot, self._clock.now_ms())
        except RecoveryError as error:
            logger().warning("Bot not suspended yet", bot=bot.username, error=error)
            return
        if lane.suspected == bot.sealed_token:
            lane.suspected = None
