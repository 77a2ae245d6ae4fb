"""Which run of the Redis server answers: another one after a restart, and after a failover.

Both may drop the last second of writes and keep all else, the generation of the timers too.
"""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError


async def run_of(client: Redis) -> str:
    """Raises UnreachableError."""
    try:
        server = await client.info("server")
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis does not say who it is ({error}): check REDIS_URL.") from error
    return str(server["run_id"])
