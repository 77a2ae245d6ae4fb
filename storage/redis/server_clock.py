"""The Redis server's clock: the one clock that decides what is due."""

from storage.redis.client import Redis, reaching_redis


def script_clock() -> int:
    """No time for a script, which then reads the server's clock; tests give it another."""
    return 0


async def server_now_ms(client: Redis) -> int:
    """Raises UnreachableError."""
    async with reaching_redis("Redis did not return the time"):
        seconds, micros = await client.time()
    return int(seconds) * 1000 + int(micros) // 1000
