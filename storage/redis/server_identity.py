"""Which life of the Redis server answers: a restart, a failover or an emptied server begins another one.

A restart or a failover may drop the last second of writes and keep everything else, even the generation of the timers.
"""

import re
import secrets
from typing import Final

from storage.redis.client import Redis, reaching_redis
from storage.redis.keys import MARK

_MARK_BYTES: Final = 8
_FAILED: Final = "Redis did not say which server it is"
_RUN: Final = re.compile(r"run_id:(\w+)")


async def run_of(client: Redis) -> str:
    """The run of the server, as its scripts see it. Raises UnreachableError."""
    async with reaching_redis(_FAILED):
        server = await client.info("server")
    return str(server["run_id"])


def run_in(info: str) -> str:
    """The run that the text of INFO names; empty if it names none."""
    found = _RUN.search(info)
    return found[1] if found else ""


async def life_of(client: Redis) -> str:
    """The run, and a mark that an emptied server lacks until somebody asks for it. Raises UnreachableError."""
    run = await run_of(client)
    async with reaching_redis(_FAILED):
        await client.set(MARK, secrets.token_hex(_MARK_BYTES), nx=True)
        mark = str(await client.get(MARK))
    return f"{run}/{mark}"
