"""Says which people have started a bot and can be written to: some signs of life count only for them.

A timer proves it, also while PostgreSQL does not answer. A person who has none, because no silence of theirs is waited
for at the moment, is known by their row. Nobody becomes unknown again between this look and the touch that follows,
apart from somebody who blocks the bot at that moment, and that block is still to come.
"""

from collections.abc import Sequence
from functools import partial

from engine.runtime.batcher import Batcher
from storage.postgres import chats
from storage.postgres.pool import Pool, transaction
from storage.redis.timers import BATCH, Timers


class Acquaintance:
    """The questions of many callers share one look at Redis and at most one query."""

    def __init__(self, pool: Pool, timers: Timers) -> None:
        self._pool = pool
        self._timers = timers
        self._looks: dict[int, Batcher[int, bool]] = {}

    async def knows(self, bot_id: int, chat_id: int) -> bool:
        """Raises UnreachableError."""
        if bot_id not in self._looks:
            self._looks[bot_id] = Batcher(partial(self._look, bot_id), limit=BATCH)
        return await self._looks[bot_id](chat_id)

    async def which_are_known(self, bot_id: int, chat_ids: Sequence[int]) -> list[bool]:
        """The same for each of many. Raises UnreachableError."""
        pages = [chat_ids[start : start + BATCH] for start in range(0, len(chat_ids), BATCH)]
        return [is_known for page in pages for is_known in await self._look(bot_id, page)]

    async def _look(self, bot_id: int, chat_ids: Sequence[int]) -> list[bool]:
        versions = await self._timers.versions(bot_id, chat_ids)
        untimed = [chat for chat, version in zip(chat_ids, versions, strict=True) if version is None]
        known = await self._known_to_postgres(bot_id, untimed) if untimed else frozenset()
        return [version is not None or chat in known for chat, version in zip(chat_ids, versions, strict=True)]

    async def _known_to_postgres(self, bot_id: int, chat_ids: Sequence[int]) -> frozenset[int]:
        async with transaction(self._pool) as connection:
            return await chats.find_known(connection, bot_id, chat_ids)
