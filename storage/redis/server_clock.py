"""The Redis server's clock: the one clock that decides what is due."""

from typing import Final

from storage.redis.client import Redis, reaching_redis
from storage.redis.cluster import each_server, holder_of_bot

_FAILED: Final = "Redis did not return the time"


def script_clock() -> int:
    """No time for a script, which then reads the server's clock; tests give it another."""
    return 0


async def server_now_ms(client: Redis) -> int:
    """In a cluster, of the server that has the shards. Raises UnreachableError."""
    async with reaching_redis(_FAILED):
        seconds, micros = await client.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def bot_now_ms(client: Redis, bot_id: int) -> int:
    """Of the server that holds the bot. Raises UnreachableError."""
    async with reaching_redis(_FAILED):
        server = await holder_of_bot(client, bot_id)
    return await server_now_ms(server)


async def latest_now_ms(client: Redis) -> int:
    """In a cluster, of the servers that answer the one whose clock is ahead of the others. Raises UnreachableError."""
    return max((await clocks_ms(client)).values())


async def clocks_ms(client: Redis) -> dict[Redis, int]:
    """Of every server that answers. Raises UnreachableError if none does."""

    async def ask(server: Redis) -> tuple[Redis, int]:
        return server, await server_now_ms(server)

    async with reaching_redis(_FAILED):
        return dict(await each_server(client, ask))
