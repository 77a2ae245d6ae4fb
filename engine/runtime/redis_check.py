"""The look that a process takes at Redis before it uses it."""

from engine.runtime.telemetry import logger
from storage.redis.client import Redis, check_redis


async def require_redis(client: Redis) -> None:
    """Log what the server does not let us check. Raises UnreachableError if it cannot be used."""
    if unchecked := await check_redis(client):
        logger().warning("Redis not fully checked", mend=unchecked)
