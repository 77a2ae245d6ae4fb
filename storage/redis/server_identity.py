"""Which life of the Redis server answers: a restart, a failover or an emptied server begins another one.

A restart or a failover may drop the last second of writes and keep everything else, even the generation of the timers.
In a cluster each server has a life of its own, and answers for the bots that it holds.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from redis.exceptions import ClusterDownError

from storage.redis.client import Redis, reaching_redis
from storage.redis.cluster import Cluster, each_server, holder_of_bot, holders
from storage.redis.keys import MARK, of_bot, of_mark

_MARK_BYTES: Final = 8
_FAILED: Final = "Redis did not say which server it is"
_RUN: Final = re.compile(r"run_id:(\w+)")
_MOST_MARKS: Final = 4_096
"""Tried to find one that a server holds. One with so few slots is left out."""


class Lives(NamedTuple):
    """Of the servers that answer, and by bot the run of the server that holds it."""

    of_servers: frozenset[str]
    runs: Mapping[int, str]


async def run_of(client: Redis) -> str:
    """The run of the server, as its scripts see it. Raises UnreachableError."""
    async with reaching_redis(_FAILED):
        server = await client.info("server")
    return str(server["run_id"])


async def run_for(client: Redis, bot_id: int) -> str:
    """The run of the server that holds the bot. Raises UnreachableError."""
    async with reaching_redis(_FAILED):
        server = await holder_of_bot(client, bot_id)
    return await run_of(server)


def run_in(info: str) -> str:
    """The run that the text of INFO names; empty if it names none."""
    found = _RUN.search(info)
    return found[1] if found else ""


async def life_of(client: Redis, mark_key: str = MARK) -> str:
    """The run, and a mark that an emptied server lacks until somebody asks for it. Raises UnreachableError."""
    run = await run_of(client)
    async with reaching_redis(_FAILED):
        await client.set(mark_key, secrets.token_hex(_MARK_BYTES), nx=True)
        mark = str(await client.get(mark_key))
    return f"{run}/{mark}"


async def lives_of(client: Redis, bot_ids: Collection[int]) -> Lives:
    """Raises UnreachableError if no server answers."""

    async def ask(server: Redis) -> tuple[Redis, str]:
        return server, await life_of(server, _mark_key(client, server))

    async with reaching_redis(_FAILED):
        lives = dict(await each_server(client, ask))
        held_by = await holders(client, [of_bot(bot_id).bot for bot_id in bot_ids])
    runs = {
        bot: lives[server].partition("/")[0] for bot, server in zip(bot_ids, held_by, strict=True) if server in lives
    }
    return Lives(frozenset(lives.values()), runs)


def _mark_key(client: Redis, server: Redis) -> str:
    """A key that the server holds."""
    if not isinstance(client, Cluster):
        return MARK
    for key in map(of_mark, range(_MOST_MARKS)):
        if client.holder(key) is server:
            return key
    raise ClusterDownError("Hash slot not served")
