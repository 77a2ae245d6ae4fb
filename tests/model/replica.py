"""A copy of Redis that lags behind: after a failover it is the primary, and whatever was written since is lost."""

from typing import Any, NamedTuple

from storage.redis import keys
from storage.redis.client import Redis


class Replica(NamedTuple):
    """`zsets`, `hashes` and `strings` by key."""

    zsets: dict[str, dict[str, float]]
    hashes: dict[str, dict[str, str]]
    strings: dict[str, str]

    async def promote(self, client: Redis, bot_id: int) -> None:
        """Its process is another one, so what it holds belongs to an earlier run, and receivers see another server."""
        server: Any = client  # its types take no plain dictionaries
        await server.flushall()
        for key, zset in self.zsets.items():
            await server.zadd(key, zset)
        for key, fields in self.hashes.items():
            await server.hset(key, mapping=fields)
        for key, text in self.strings.items():
            await server.set(key, text)
        await server.hset(keys.of_bot(bot_id).bot, "run", "another")


async def replicate(client: Redis) -> Replica:
    """Everything but what tells one life of the server from another."""
    server: Any = client  # its types do not know that it decodes
    replica = Replica({}, {}, {})
    for key in await server.keys():
        if key != keys.MARK:
            await _copy(server, replica, key)
    return replica


async def _copy(server: Any, replica: Replica, key: str) -> None:
    kind = await server.type(key)
    if kind == "zset":
        replica.zsets[key] = dict(await server.zrange(key, 0, -1, withscores=True))
    elif kind == "hash":
        replica.hashes[key] = await server.hgetall(key)
    else:
        replica.strings[key] = await server.get(key)
