"""What the manager notes for a while in Redis: a question it asked, an invitation, a tap that counts once.

All raise UnreachableError.
"""

from redis.exceptions import RedisError

from engine.core.errors import UnreachableError
from storage.redis.client import Redis


async def put(client: Redis, key: str, document: str, lifetime_s: int) -> None:
    """In place of whatever was noted there."""
    try:
        await client.set(key, document, ex=lifetime_s)
    except (RedisError, OSError) as error:
        raise _unreachable(error) from error


async def put_first(client: Redis, key: str, lifetime_s: int) -> bool:
    """Note that it has happened; False if it had before."""
    try:
        return bool(await client.set(key, "", nx=True, ex=lifetime_s))
    except (RedisError, OSError) as error:
        raise _unreachable(error) from error


async def find(client: Redis, key: str) -> str | None:
    try:
        found = await client.get(key)
    except (RedisError, OSError) as error:
        raise _unreachable(error) from error
    return None if found is None else str(found)


async def take(client: Redis, key: str) -> str | None:
    """What was noted; nobody finds it any more."""
    try:
        found = await client.getdel(key)
    except (RedisError, OSError) as error:
        raise _unreachable(error) from error
    return None if found is None else str(found)


def _unreachable(error: RedisError | OSError) -> UnreachableError:
    return UnreachableError(f"Redis does not answer ({error}): check REDIS_URL and that it is up.")
