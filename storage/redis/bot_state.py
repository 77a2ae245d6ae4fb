"""What is known of a bot as a whole in Redis: its generation, its hold, and the server's clock."""

from collections.abc import Collection

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError
from storage.redis import keys


async def hold(client: Redis, bot_id: int, until_ms: int) -> None:
    """No claim for the bot before `until_ms`; a successor of this poller knows it too. Raises UnreachableError.

    A shorter hold does not cut a longer one. Only the bot's own poller holds it; of two holds of one moment the shorter
    may be kept, and Telegram says so once more.
    """
    held = await _read(client, bot_id, "held")
    await _write(client, bot_id, "held", max(until_ms, int(held or 0)))


async def holds(client: Redis, bot_ids: Collection[int]) -> dict[int, int]:
    """Until when each bot is held, 0 for one that is not. Raises UnreachableError."""
    return {bot_id: int(await _read(client, bot_id, "held") or 0) for bot_id in bot_ids}


async def watermark(client: Redis, bot_id: int) -> int | None:
    """Up to when every update of the bot is surely taken in; None if nobody has said. Raises UnreachableError."""
    found = await _read(client, bot_id, "watermark")
    return int(found) if found else None


async def set_generation(client: Redis, bot_id: int, generation: int, run: str) -> None:
    """The timers of the bot are whole as of `generation`, in this run of the server; only a rebuild says so.

    Another run may have dropped the last writes, so that the timers count as lost. Raises UnreachableError.
    """
    await _write(client, bot_id, "run", run)
    await _write(client, bot_id, "generation", generation)


async def _read(client: Redis, bot_id: int, field: str) -> str | None:
    try:
        value = await client.hget(keys.of_bot(bot_id).bot, field)
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not tell {field} of bot {bot_id} ({error}): check REDIS_URL.") from error
    return None if value is None else str(value)


async def _write(client: Redis, bot_id: int, field: str, value: int | str) -> None:
    try:
        await client.hset(keys.of_bot(bot_id).bot, field, str(value))
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not take {field} of bot {bot_id} ({error}): check REDIS_URL.") from error
