"""The states of chats as they stand in Redis: read to look, never to act."""

from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError
from storage.redis.keys import of_bot


async def read_states(client: Redis, bot_id: int, chat_ids: Sequence[int]) -> list[str | None]:
    """The states of chats as they stand, unfenced: to look, not to act. Raises UnreachableError."""
    try:
        states = await client.hmget(of_bot(bot_id).state, [str(chat) for chat in chat_ids])
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not answer ({error}): check REDIS_URL and the server's log.") from error
    return [None if state is None else str(state) for state in states]


async def scan_states(client: Redis, bot_id: int, position: int, count: int) -> tuple[int, dict[str, str]]:
    """About so many states of chats, and where to go on; 0 is the beginning, and the end. Raises UnreachableError.

    Whoever is there all the while comes at least once.
    """
    try:
        position, states = await client.hscan(of_bot(bot_id).state, position, count=count)
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not answer ({error}): check REDIS_URL and the server's log.") from error
    return int(position), cast("dict[str, str]", states)


async def forget_bot(client: Redis, bot_id: int) -> None:
    """Drop all that is kept of a bot; safe to repeat. Raises UnreachableError."""
    try:
        await client.unlink(*of_bot(bot_id))
    except (RedisError, OSError) as error:
        raise UnreachableError(
            f"Redis did not forget bot {bot_id} ({error}): check REDIS_URL, then do the same again."
        ) from error
