"""How we reach Redis: one client for each process, one error for whatever the server does not do, and the checks that
it must pass.

One time limit bounds a whole call, instead of each write and each read as the library does: its limit on a write starts
a task, which cost more than the write.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    RedisError,
    TimeoutError,  # noqa: A004 - Redis's own error of this name
)
from redis.maint_notifications import MaintNotificationsConfig

from engine.core.errors import UnreachableError
from storage.redis.address import Address, Kind, read_address
from storage.redis.cluster import Cluster, each_server
from storage.redis.pool import Pool
from storage.redis.refusals import ASTRAY, FAILED, MEND, ONE_NODE, unreachable
from storage.redis.sentinels import SentinelPool

__all__ = ["Redis", "check_redis", "open_redis", "reaching_redis"]

MOST_CONNECTIONS: Final = 64
"""Of each process, to each server. A call waits for a free one."""
_TIMEOUT_S: Final = 5
"""Of a whole call, the wait for a connection included."""
_CONNECT_TIMEOUT_S: Final = 4
"""Shorter than a call's, so that the error says that connecting failed."""
_CANNOT_BE_USED: Final = "Redis cannot be used"
_ONCE_MORE: Final = Retry(NoBackoff(), 1, supported_errors=ASTRAY)
"""A command of the library's that met the wrong server is sent again over a new connection, as `exchange` does."""


def open_redis(url: str) -> Redis:
    """Raises SettingsError for an address that cannot be used; nothing is connected yet."""
    address = read_address(url)
    options = {**_options(), **address.options}
    if address.kind is Kind.SENTINELS:
        return Redis.from_pool(SentinelPool(address, **options))
    if address.kind is Kind.CLUSTER:
        return Cluster(address, options, partial(_open_node, {**options, "connection_class": _connection(address)}))
    return Redis.from_pool(Pool.from_url(address.url, **options))


def _open_node(options: dict[str, Any], host: str, port: int) -> Redis:
    return Redis.from_pool(Pool(host=host, port=port, **options))


def _connection(address: Address) -> type[Connection]:
    return SSLConnection if address.tls else Connection


def _options() -> dict[str, Any]:
    """Of every connection."""
    return {
        "max_connections": MOST_CONNECTIONS,
        "decode_responses": True,
        "protocol": 3,
        "socket_timeout": None,
        "socket_connect_timeout": _CONNECT_TIMEOUT_S,
        "retry": _ONCE_MORE,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }


@asynccontextmanager
async def reaching_redis(failed: str = FAILED, mend: str = MEND) -> AsyncIterator[None]:
    """Raises UnreachableError for whatever Redis does not do, or not in time: what failed, the server's reason, and the
    mend. The connection of a call that was late or cancelled is closed, so that nobody reads its answer.
    """
    limit = asyncio.timeout(_TIMEOUT_S)
    try:
        async with limit:
            yield
    except (RedisError, OSError) as error:
        late = TimeoutError(f"no answer within {_TIMEOUT_S} s") if limit.expired() else error
        raise unreachable(late, failed, mend) from error


async def check_redis(client: Redis) -> str | None:
    """Raises UnreachableError unless the server answers, takes writes and would never evict a timer; in a cluster, all
    that answer are asked.

    Returns what a server does not let us check, with the mend; None if everything was checked. `CONFIG`, which hosted
    servers forbid, is not needed.
    """
    async with reaching_redis(_CANNOT_BE_USED, "check REDIS_URL and that it is up"):
        infos = await each_server(client, lambda server: server.info("memory", "replication", "cluster"))
    unchecked = [_judge(info, in_cluster=isinstance(client, Cluster)) for info in infos]
    return next(filter(None, unchecked), None)


def _judge(info: Mapping[str, Any], *, in_cluster: bool) -> str | None:
    if info.get("role", "master") != "master":
        raise UnreachableError(f"{_CANNOT_BE_USED} (it is a replica): name the primary in REDIS_URL.")
    if info.get("cluster_enabled") and not in_cluster:
        raise UnreachableError(f"{_CANNOT_BE_USED} (it is one node of a cluster): {ONE_NODE}.")
    policy = info.get("maxmemory_policy")
    if policy is None:
        return "Redis does not tell its maxmemory-policy: make sure that it is noeviction, or timers may be lost."
    if policy != "noeviction":
        raise UnreachableError(
            f"Redis may evict timers (maxmemory-policy is {policy}): set `maxmemory-policy noeviction`."
        )
    return None
