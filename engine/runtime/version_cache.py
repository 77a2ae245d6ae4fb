"""Published campaign versions by number: a version never changes, so each is read once and kept."""

from collections import OrderedDict
from typing import Final

from engine.core.campaign.snapshot import Snapshot
from storage.postgres import poller_bots
from storage.postgres.pool import Pool

KEPT: Final = 1_000


class VersionCache:
    """`limit`: how many are kept, those used most recently; another is read again."""

    def __init__(self, pool: Pool, limit: int = KEPT) -> None:
        self._pool = pool
        self._limit = limit
        self._known: OrderedDict[tuple[int, int], Snapshot] = OrderedDict()

    def known(self, bot_id: int, number: int) -> Snapshot | None:
        """A version that has been read before."""
        if found := self._known.get((bot_id, number)):
            self._known.move_to_end((bot_id, number))
        return found

    async def version(self, bot_id: int, number: int) -> Snapshot | None:
        """A published version, or None if it does not exist. Raises UnreachableError, CampaignError."""
        if known := self.known(bot_id, number):
            return known
        found = await poller_bots.load_snapshot(self._pool, bot_id, number) if number else None
        if found:
            self._known[bot_id, number] = found
            if len(self._known) > self._limit:
                self._known.popitem(last=False)
        return found
