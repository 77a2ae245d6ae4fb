"""How we reach Redis: one client for each process, one error for whatever the server does not do, and the checks that
it must pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError

__all__ = ["Redis", "check_redis", "open_redis", "reaching_redis"]

_TIMEOUT_S: Final = 5


def open_redis(url: str) -> Redis:
    return Redis.from_url(
        url, decode_responses=True, protocol=3, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    )


@contextmanager
def reaching_redis(
    failed: str = "Redis did not answer", mend: str = "check REDIS_URL and the server's log"
) -> Iterator[None]:
    """Raises UnreachableError for whatever Redis does not do: what failed, the server's reason, and the mend."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise UnreachableError(f"{failed} ({error}): {mend}.") from error


async def check_redis(client: Redis) -> None:
    """Raises UnreachableError unless the server answers and would never evict a timer."""
    with reaching_redis("Redis cannot be used", "check REDIS_URL and that it is up"):
        policy = (await client.config_get("maxmemory-policy"))["maxmemory-policy"]
    if policy != "noeviction":
        raise UnreachableError(
            f"Redis may evict timers (maxmemory-policy is {policy}): set `maxmemory-policy noeviction`."
        )
