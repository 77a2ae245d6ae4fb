"""One bot's chats, all due in the same millisecond; those that are left when the window closes are taken away."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import Sign
from storage.redis.timers import BATCH, Timers

_FIRST_CHAT: Final = 9_000_000_000
_LEAD_MS: Final = 5_000
"""Until they are due: longer than it takes to arm them, so that nothing else happens to Redis in the window."""
_AHEAD_MS: Final = 500


class Burst:
    def __init__(self, client: Redis, bot_id: int, size: int) -> None:
        self._client = client
        self._timers = Timers(client)
        self._bot_id = bot_id
        self._size = size

    async def gather(self) -> int:
        """Returns shortly before all of them are due, and gives when that is, in ms."""
        now_ms = await server_now_ms(self._client)
        for chats in self._lists():
            await self._timers.touch(self._bot_id, [Sign(chat, now_ms) for chat in chats], _LEAD_MS)
        due_ms = now_ms + _LEAD_MS
        await asyncio.sleep(max(0, due_ms - _AHEAD_MS - await server_now_ms(self._client)) / 1000)
        return due_ms

    async def end(self) -> None:
        for chats in self._lists():
            await self._timers.end(self._bot_id, chats)

    def _lists(self) -> Iterator[Sequence[int]]:
        for start in range(0, self._size, BATCH):
            yield range(_FIRST_CHAT + start, _FIRST_CHAT + min(start + BATCH, self._size))
