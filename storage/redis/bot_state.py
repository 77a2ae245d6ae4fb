"""What Redis knows of a bot as a whole: its generation, its hold, its watermark.

All functions raise UnreachableError.
"""

from collections.abc import Collection
from typing import Final

from storage.redis import keys
from storage.redis.client import Redis, reaching_redis

FORM: Final = "packed"
"""Of chats' states. Releases that write another form have the timers rebuilt before they claim any."""


async def hold(client: Redis, bot_id: int, until_ms: int) -> None:
    """Claim nothing for the bot before `until_ms`; a successor of this poller knows it too.

    A shorter hold does not cut a longer one. Only the bot's own poller holds it. If two holds come at the same moment,
    the shorter one may be kept; Telegram then asks for the longer one again.
    """
    held = await _read(client, bot_id, "held")
    await _write(client, bot_id, "held", max(until_ms, int(held or 0)))


async def holds(client: Redis, bot_ids: Collection[int]) -> dict[int, int]:
    """Until when each bot is held; 0 for one that is not."""
    return {bot_id: int(await _read(client, bot_id, "held") or 0) for bot_id in bot_ids}


async def watermark(client: Redis, bot_id: int) -> int | None:
    """The time up to which every update of the bot is surely taken in; None if nobody has confirmed any."""
    found = await _read(client, bot_id, "watermark")
    return int(found) if found else None


async def generation(client: Redis, bot_id: int) -> str | None:
    """Since when the bot's timers are whole; None if they are not."""
    return await _read(client, bot_id, "generation")


async def are_lost(client: Redis, bot_id: int, run: str) -> bool:
    """Whether a claim would find the bot's timers LOST in this run of the server."""
    return await generation(client, bot_id) is None or not is_of_run(await _read(client, bot_id, "run"), run)


async def forget_generation(client: Redis, bot_id: int) -> None:
    """The timers may not be whole: nothing of the bot is claimed until they have been rebuilt."""
    async with reaching_redis(f"Redis did not forget the generation of bot {bot_id}"):
        await client.hdel(keys.of_bot(bot_id).bot, "generation")


async def set_generation(client: Redis, bot_id: int, generation: int, run: str) -> None:
    """The timers of the bot are whole as of `generation`, in this run of the server; only a rebuild says so.

    Another run may have dropped the last writes, and states of another form are not read by every release: the timers
    of either count as lost.
    """
    await _write(client, bot_id, "run", f"{run} {FORM}")
    await _write(client, bot_id, "generation", generation)


def is_of_run(written: str | None, run: str) -> bool:
    """Whether a bot's field `run` names this run of the server, and the form in which we write states."""
    return written in (None, f" {FORM}", f"{run} {FORM}")


async def _read(client: Redis, bot_id: int, field: str) -> str | None:
    async with reaching_redis(f"Redis did not return {field} of bot {bot_id}"):
        value = await client.hget(keys.of_bot(bot_id).bot, field)
    return None if value is None else str(value)


async def _write(client: Redis, bot_id: int, field: str, value: int | str) -> None:
    async with reaching_redis(f"Redis did not store {field} of bot {bot_id}"):
        await client.hset(keys.of_bot(bot_id).bot, field, str(value))
