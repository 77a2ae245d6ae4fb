"""The Redis server's clock: the one clock that decides."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError


async def server_now_ms(client: Redis) -> int:
    """The one clock that decides. Raises UnreachableError."""
    try:
        seconds, micros = await client.time()
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis did not tell the time ({error}): check REDIS_URL.") from error
    return int(seconds) * 1000 + int(micros) // 1000
