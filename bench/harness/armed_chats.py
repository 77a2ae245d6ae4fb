"""Chats that are armed through Timers alone, a day before their due: they weigh on Redis, and nothing else happens."""

from collections.abc import Iterator, Sequence
from typing import Final

from storage.redis.timer_values import Sign
from storage.redis.timers import BATCH, Timers

FIRST_CHAT: Final = 8_000_000_000
"""No person of the sandbox has an id as high."""
_THRESHOLD_MS: Final = 86_400_000


class ArmedChats:
    """`count` chats in all, the same number of each bot."""

    def __init__(self, timers: Timers, bots: Sequence[int], count: int) -> None:
        self._timers = timers
        self._lists = list(_lists(bots, max(1, count // len(bots))))

    @property
    def lists(self) -> int:
        """How many lists there are, of BATCH chats each or the rest of a bot."""
        return len(self._lists)

    async def touch(self, number: int, most: int = BATCH) -> int:
        """Arms the chats of one list, or moves their timers. Gives how many there were."""
        bot, first, count = self._lists[number % len(self._lists)]
        signs = [Sign(chat, 0) for chat in range(first, first + min(count, most))]
        await self._timers.touch(bot, signs, _THRESHOLD_MS)
        return len(signs)


def _lists(bots: Sequence[int], each: int) -> Iterator[tuple[int, int, int]]:
    """List after list from bot to bot, so that all of them are in use from the beginning."""
    for start in range(0, each, BATCH):
        for bot in bots:
            yield bot, FIRST_CHAT + start, min(BATCH, each - start)
