"""What the manager waits for from an admin: one text, for a quarter of an hour. All raise UnreachableError."""

from typing import Final

from redis.exceptions import RedisError

from engine.core.errors import UnreachableError
from storage import keys
from storage.redis import Redis

_PATIENCE_S: Final = 15 * 60


async def wait(client: Redis, admin_id: int, document: str) -> None:
    """In place of whatever was waited for."""
    try:
        await client.set(keys.of_prompt(admin_id), document, ex=_PATIENCE_S)
    except (RedisError, OSError) as error:
        raise _unreachable(error) from error


async def waiting(client: Redis, admin_id: int) -> str | None:
    try:
        found = await client.get(keys.of_prompt(admin_id))
    except (RedisError, OSError) as error:
        raise _unreachable(error) from error
    return None if found is None else str(found)


async def forget(client: Redis, admin_id: int) -> None:
    try:
        await client.delete(keys.of_prompt(admin_id))
    except (RedisError, OSError) as error:
        raise _unreachable(error) from error


def _unreachable(error: RedisError | OSError) -> UnreachableError:
    return UnreachableError(f"Redis does not answer ({error}): check REDIS_URL and that it is up.")
