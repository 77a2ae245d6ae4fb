"""How we reach Redis: one client a process, and the checks that a server must pass."""

from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError

__all__ = ["Redis", "check_redis", "open_redis"]

_TIMEOUT_S: Final = 5


def open_redis(url: str) -> Redis:
    return Redis.from_url(
        url, decode_responses=True, protocol=3, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    )


async def check_redis(client: Redis) -> None:
    """Raises UnreachableError unless the server answers and would never evict a timer."""
    try:
        policy = (await client.config_get("maxmemory-policy"))["maxmemory-policy"]
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis cannot be used ({error}): check REDIS_URL and that it is up.") from error
    if policy != "noeviction":
        raise UnreachableError(
            f"Redis may throw timers away (maxmemory-policy is {policy}): set `maxmemory-policy noeviction`."
        )
