"""The states of chats in Redis, read without a fence: to look, never to act on.

All functions raise UnreachableError.
"""

from collections.abc import Sequence
from typing import cast

from storage.redis.client import Redis, reaching_redis
from storage.redis.keys import of_bot


async def read_states(client: Redis, bot_id: int, chat_ids: Sequence[int]) -> list[str | None]:
    """The state of each chat, in order; None for a chat that has none."""
    with reaching_redis():
        states = await client.hmget(of_bot(bot_id).state, [str(chat) for chat in chat_ids])
    return [None if state is None else str(state) for state in states]


async def scan_states(client: Redis, bot_id: int, position: int, count: int) -> tuple[int, dict[str, str]]:
    """About `count` states of chats, and where to go on; position 0 is the beginning, and the end.

    A chat that is there all the while comes at least once.
    """
    with reaching_redis():
        position, states = await client.hscan(of_bot(bot_id).state, position, count=count)
    return int(position), cast("dict[str, str]", states)


async def forget_bot(client: Redis, bot_id: int) -> None:
    """Drop everything that Redis keeps of a bot. Safe to repeat."""
    with reaching_redis(f"Redis did not forget bot {bot_id}", "check REDIS_URL, then do the same again"):
        await client.unlink(*of_bot(bot_id))
