"""Which bots' feeds this receiver has: one receiver at a time has a bot's feed, and only it confirms the progress.

A feed is confirmed in the name of a holding. A holding becomes void when another receiver takes the feed over, when
Redis is emptied, and when Redis restarts: it may lack the last touches then, so they are repeated before a new holding.
In a cluster each bot's server does so for its bots, and a server that does not answer keeps only its own bots waiting.
"""

from collections.abc import Callable, Collection
from typing import Final

from engine.chats.activity import Activity
from engine.runtime.elapsed import elapsed_s
from engine.runtime.telemetry import logger
from storage.redis import keys
from storage.redis.client import Redis
from storage.redis.ownership import Owned, Ownership
from storage.redis.server_identity import Lives, lives_of
from storage.redis.timer_values import Holding

TTL_MS: Final = 6_000
RENEWAL_S: Final = 3.0
"""Half of the lifetime: a renewal that fails is tried again in the next turns, before the feed is lost."""


class FeedOwnership:
    def __init__(
        self,
        client: Redis,
        ownership: Ownership,
        activity: Activity,
        renewal_s: float = RENEWAL_S,
        elapsed_s: Callable[[], float] = elapsed_s,
    ) -> None:
        self._renewal_s = renewal_s
        self._elapsed_s = elapsed_s
        self._client = client
        self._ownership = ownership
        self._activity = activity
        self._lives = Lives(frozenset(), {})
        self._asked: frozenset[int] | None = None
        self._asked_at = 0.0
        self._epochs: dict[int, int] = {}

    def holding(self, bot_id: int) -> Holding | None:
        """In whose name the bot's feed is read and confirmed; None if the feed is not ours.

        None as well after a standstill in which another receiver may have taken the feed over: a poll of ours would
        disturb it, and would look to it like one of another program.
        """
        if self._elapsed_s() - self._asked_at >= TTL_MS / 1000:
            return None
        epoch, run = self._epochs.get(bot_id), self._lives.runs.get(bot_id)
        return None if epoch is None or run is None else Holding(f"{self._ownership.owner} {epoch}", run)

    async def run_once(self, bot_ids: Collection[int]) -> frozenset[int]:
        """Take or renew the feeds of these bots; returns those that are ours. Raises UnreachableError.

        Feeds are taken first and the server compared after, so that touches which Redis lost before it gave us a feed
        are repeated before we confirm. A Redis that is another one may have forgotten whose feeds they are: they are
        taken again at once, as nothing is sent until they are confirmed. The feeds of others are asked for each time,
        so that those of a receiver that was killed are free for no longer than a turn.
        """
        wanted = frozenset(bot_ids)
        asked = wanted if self._is_time(wanted) else wanted - self._epochs.keys()
        taken, lives = await self._take_and_compare(asked, wanted)
        if self._are_new(lives) and asked != wanted:
            taken, lives = await self._take_and_compare(wanted, wanted)
        if self._are_new(lives):
            failed = await self._activity.repeat()
            lives = self._repeated(lives, failed)
        self._lives, self._epochs = lives, taken
        return frozenset(taken)

    async def release(self) -> None:
        """Let another receiver have the feeds at once. Raises UnreachableError."""
        released, self._epochs = list(self._epochs), {}
        await self._ownership.release_all([keys.of_bot(bot_id).poll for bot_id in released])

    def _is_time(self, wanted: frozenset[int]) -> bool:
        return wanted != self._asked or self._elapsed_s() - self._asked_at >= self._renewal_s

    async def _take_and_compare(self, asked: frozenset[int], wanted: frozenset[int]) -> tuple[dict[int, int], Lives]:
        taken = await self._take(asked, wanted)
        return taken, await lives_of(self._client, taken)

    def _are_new(self, lives: Lives) -> bool:
        return not lives.of_servers <= self._lives.of_servers

    def _repeated(self, lives: Lives, failed: Collection[int]) -> Lives:
        """A bot that lacks touches is not confirmed, and until none does, servers that are new stay so."""
        if not failed:
            return lives
        runs = {bot_id: run for bot_id, run in lives.runs.items() if bot_id not in failed}
        return Lives(lives.of_servers & self._lives.of_servers, runs)

    async def _release(self, unwanted: Collection[int]) -> None:
        failed = await self._ownership.release_each([keys.of_bot(bot_id).poll for bot_id in unwanted])
        if failed:
            logger().warning("Feeds not released: they are free in a moment", feeds=len(failed), error=failed[0])

    async def _take(self, asked: frozenset[int], wanted: frozenset[int]) -> dict[int, int]:
        """Ask for some feeds, and keep the others that are ours and wanted."""
        await self._release(self._epochs.keys() - wanted)
        asked_at = self._elapsed_s()
        order = sorted(asked)
        found = await self._ownership.take_each([keys.of_bot(bot_id).poll for bot_id in order], TTL_MS)
        if asked == wanted:
            self._asked, self._asked_at = wanted, asked_at
        kept = {bot_id: epoch for bot_id, epoch in self._epochs.items() if bot_id in wanted - asked}
        answered = {bot_id: owned for bot_id, owned in zip(order, found, strict=True) if isinstance(owned, Owned)}
        return kept | {bot_id: owned.epoch for bot_id, owned in answered.items() if owned.ours}
