"""Which updates have come, noted for all receivers together, so that a missing one is noticed.

What is kept is bounded: behind a gap of a hundred thousand updates the count is given up, and begins again when
Telegram holds no update back.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.core.errors import UnreachableError
from storage.redis import keys
from storage.redis.client import Redis, reaching_redis
from storage.redis.scripts import Call, Script
from storage.redis.server_clock import script_clock


class Came(NamedTuple):
    """Every update up to `floor` has come, and `beyond` more, up to `highest`; -1 where nothing is known.

    `restarted`: these updates began another count, as Telegram does after an idle week.
    """

    floor: int
    beyond: int
    highest: int
    restarted: bool = False


class Arrivals:
    """All methods raise UnreachableError."""

    def __init__(self, client: Redis, now_us: Callable[[], int] = script_clock) -> None:
        self._client = client
        self._now_us = now_us
        self._arrive = Script("record_arrivals")

    async def note(self, bot_id: int, numbers: Sequence[int]) -> Came:
        """These updates have come, and their effects are committed. At most 512."""
        return await self._call(bot_id, 0, numbers)

    async def note_each(self, noted: Mapping[int, Sequence[int]]) -> dict[int, Came | UnreachableError]:
        """The same for several bots, in one round trip. What fails for one bot fails for no other."""
        replies = await self._arrive.each(self._client, [self._called(bot_id, 0, noted[bot_id]) for bot_id in noted])
        return {
            bot_id: reply if isinstance(reply, UnreachableError) else _came(reply)
            for bot_id, reply in zip(noted, replies, strict=True)
        }

    async def look(self, bot_id: int) -> Came:
        return await self._call(bot_id, 0, ())

    async def raise_floor(self, bot_id: int, floor: int) -> Came:
        """No update up to this one is still to come."""
        return await self._call(bot_id, max(0, floor), ())

    async def forget_floor(self, bot_id: int) -> None:
        """Nothing is known of what comes before the next update."""
        async with reaching_redis(f"Redis did not forget the floor of bot {bot_id}"):
            await self._client.hdel(keys.of_bot(bot_id).bot, "floor")

    async def _call(self, bot_id: int, floor: int, numbers: Sequence[int]) -> Came:
        keys_of_bot, asked = self._called(bot_id, floor, numbers)
        return _came(await self._arrive(self._client, keys_of_bot, *asked))

    def _called(self, bot_id: int, floor: int, numbers: Sequence[int]) -> Call:
        k = keys.of_bot(bot_id)
        return (k.came, k.bot), (self._now_us(), floor, *numbers)


def _came(reply: Sequence[Any]) -> Came:
    return Came(int(reply[0]), int(reply[1]), int(reply[2]), reply[3] == 1)
