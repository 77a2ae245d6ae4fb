"""Which life of the Redis server answers: another one after a restart, after a failover, and after it was emptied.

A restart or a failover may drop the last second of writes and keep all else, the generation of the timers too.
"""

import secrets

from redis.asyncio import Redis
from redis.exceptions import RedisError

from engine.core.errors import UnreachableError
from storage.redis.keys import MARK

_MARK_BYTES = 8


async def run_of(client: Redis) -> str:
    """The run of the server, as its scripts see it. Raises UnreachableError."""
    try:
        server = await client.info("server")
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis does not say who it is ({error}): check REDIS_URL.") from error
    return str(server["run_id"])


async def life_of(client: Redis) -> str:
    """The run, and a mark that an emptied server lacks until somebody asks it. Raises UnreachableError."""
    run = await run_of(client)
    try:
        await client.set(MARK, secrets.token_hex(_MARK_BYTES), nx=True)
        mark = str(await client.get(MARK))
    except (RedisError, OSError) as error:
        raise UnreachableError(f"Redis does not say who it is ({error}): check REDIS_URL.") from error
    return f"{run}/{mark}"
