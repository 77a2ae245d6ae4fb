"""Receivers of one bot: each takes updates in, and one at a time has the feed and confirms it."""

from collections.abc import Callable
from typing import Any

from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.core.errors import UnreachableError
from engine.receiver.feed_ownership import FeedOwnership
from engine.receiver.opt_out_replies import OptOutReplies
from engine.receiver.update_handler import UpdateHandler
from storage.postgres.pool import Pool
from storage.postgres.receiver_bots import Watched
from storage.redis.client import Redis
from storage.redis.ownership import Ownership
from storage.redis.timer_values import Confirmed, Interrupted
from storage.redis.timers import Timers
from tests.model.hand_clock import HandClock


class FragileTimers(Timers):
    """Makes a receiver fail before or after it removes a chat's timer, as `crash` says."""

    crash = ""

    async def end(self, bot_id: int, chat_ids: Any) -> tuple[Interrupted, ...]:
        if self.crash == "before":
            raise UnreachableError("before")
        interrupted = await super().end(bot_id, chat_ids)
        if self.crash == "after":
            raise UnreachableError("after")
        return interrupted


class Receiver:
    def __init__(
        self, name: str, pool: Pool, client: Redis, clock: HandClock, watched: Callable[[int], Watched | None]
    ) -> None:
        self.timers = FragileTimers(client, clock.now_us)
        self.activity = Activity(pool, self.timers, watched)
        self.feeds = FeedOwnership(client, Ownership(client, name), self.activity, renewal_s=0.0)
        endings = Endings(pool, client, self.timers, str)
        self.effects = UpdateHandler(client, self.activity, endings, OptOutReplies(lambda _: None))

    async def look(self, bot_id: int) -> None:
        """Which server answers, and whose the feed is: each receiver looks every second."""
        await self.feeds.run_once([bot_id])

    async def confirm(self, bot_id: int) -> Confirmed | None:
        """None if another receiver has the feed."""
        holding = self.feeds.holding(bot_id)
        return await self.activity.confirm(bot_id, holding) if holding else None
