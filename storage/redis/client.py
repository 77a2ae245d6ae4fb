"""How we reach Redis: one client for each process, one error for whatever the server does not do, and the checks that
it must pass.

One time limit bounds a whole call, instead of each write and each read as the library does: its limit on a write starts
a task, which cost more than the write.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from hiredis import pack_command
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004 - Redis's own error of this name
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TimeoutError,  # noqa: A004 - Redis's own error of this name
)
from redis.maint_notifications import MaintNotificationsConfig

from engine.core.errors import UnreachableError
from storage.redis.address import read_address

__all__ = ["Redis", "check_redis", "open_redis", "reaching_redis", "unreachable"]

MOST_CONNECTIONS: Final = 64
"""Of each process. A call waits for a free one."""
_TIMEOUT_S: Final = 5
"""Of a whole call, the wait for a connection included."""
_CONNECT_TIMEOUT_S: Final = 4
"""Shorter than a call's, so that the error says that connecting failed."""
_FAILED: Final = "Redis did not answer"
_MEND: Final = "check REDIS_URL and the server's log"
_CODE: Final = re.compile(r"[A-Z]{3,20}(?= )")
"""With which a refusal of the server begins, such as MISCONF."""
_REFUSED: Final[Mapping[type[Exception], str]] = {
    NoPermissionError: "allow the user of REDIS_URL the commands and keys that docs/access.md lists",
    AuthenticationError: "write the server's user and password in REDIS_URL, before an @ and the host",
    ReadOnlyError: "name the primary in REDIS_URL, this server is a replica",
    OutOfMemoryError: "give the server more memory (`maxmemory`)",
}
"""By the kinds of refusal that the client tells apart."""
_HUNG_UP: Final = "check REDIS_URL: rediss:// if it takes TLS, and ssl_certfile if it asks for a certificate"
_MENDS: Final[Mapping[str, str]] = {
    "CERTIFICATE_VERIFY_FAILED": "name the authority that signed its certificate with ssl_ca_certs in REDIS_URL, and"
    " the host as the certificate names it",
    "Timeout connecting": "check that it is up, and that REDIS_URL begins with rediss:// only if it takes TLS",
    "Connection closed by server": _HUNG_UP,
    "Connection reset by peer": _HUNG_UP,
    "ACL failure": _REFUSED[NoPermissionError],
}
"""By words of the error that the client or the server gives. A script gives its refusals no kind."""


def open_redis(url: str) -> Redis:
    """Raises SettingsError for an address that cannot be used; nothing is connected yet."""
    address, options = read_address(url)
    pool = _Pool.from_url(
        address,
        max_connections=MOST_CONNECTIONS,
        decode_responses=True,
        protocol=3,
        socket_timeout=None,
        socket_connect_timeout=_CONNECT_TIMEOUT_S,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
        **options,
    )
    pool.connection_class = type("PackingConnection", (_Packing, pool.connection_class), {})
    return Redis.from_pool(pool)


class _Pool(ConnectionPool):
    """Lets a call wait for a free connection, at a third of the cost of the library's own pool that does so.

    A connection that the server has closed is opened again before it is given out. Nothing but closing a connection
    waits as it comes back, so that a cancellation finds it either in use or free; the library would take a lock, and
    tell listeners and counters that we have not.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._free = asyncio.Semaphore(self.max_connections)

    async def get_connection(self, *_: Any, **__: Any) -> AbstractConnection:
        await self._free.acquire()
        untyped: Any = self
        try:
            connection: AbstractConnection = untyped.get_available_connection()
        except BaseException:
            self._free.release()
            raise
        try:
            await self.ensure_connection(connection)
        except BaseException:
            await self.release(connection)
            raise
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        """Raises KeyError for one that is not in use."""
        self._in_use_connections.remove(connection)
        try:
            if cast("Any", connection).should_reconnect():  # it has no types
                await connection.disconnect()
        finally:
            self._available_connections.append(connection)
            self._free.release()


class _Packing(AbstractConnection):
    """Writes commands with hiredis: redis-py's own loop over the arguments takes ten times as long.

    It comes before the class that the address asks for, which alone says how to connect.
    """

    def pack_command(self, *args: Any) -> list[bytes]:
        name, *rest = args
        words = name.encode().split() if isinstance(name, str) else name.split()
        return [pack_command((*words, *rest))]


@asynccontextmanager
async def reaching_redis(failed: str = _FAILED, mend: str = _MEND) -> AsyncIterator[None]:
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


def unreachable(error: Exception, failed: str = _FAILED, mend: str = _MEND) -> UnreachableError:
    """What failed, the reason without anything that we sent, and the mend."""
    return UnreachableError(f"{failed} ({_without_values(error)}): {_mend(error) or mend}.")


def _without_values(error: Exception) -> str:
    """What the connection met; of the server's refusal its kind alone, as it quotes commands with their arguments."""
    if isinstance(error, OSError | ConnectionError | TimeoutError):
        return str(error).partition("\n")[0] or type(error).__name__
    code = _CODE.match(str(error))
    return f"{type(error).__name__} {code[0]}" if code else type(error).__name__


def _mend(error: Exception) -> str | None:
    said = (mend for words, mend in _MENDS.items() if words in str(error))
    return _REFUSED.get(type(error)) or next(said, None)


async def check_redis(client: Redis) -> str | None:
    """Raises UnreachableError unless the server answers and would never evict a timer.

    Returns what the server does not let us check, with the mend; None if everything was checked. `CONFIG`, which hosted
    servers forbid, is not needed.
    """
    async with reaching_redis("Redis cannot be used", "check REDIS_URL and that it is up"):
        policy = (await client.info("memory")).get("maxmemory_policy")
    if policy is None:
        return "Redis does not tell its maxmemory-policy: make sure that it is noeviction, or timers may be lost."
    if policy != "noeviction":
        raise UnreachableError(
            f"Redis may evict timers (maxmemory-policy is {policy}): set `maxmemory-policy noeviction`."
        )
    return None
