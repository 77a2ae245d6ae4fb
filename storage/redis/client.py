"""How we reach Redis: one client for each process, one error for whatever the server does not do, and the checks that
it must pass.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from hiredis import pack_command
from redis.asyncio import BlockingConnectionPool, Connection, Redis
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004 - Redis's own error of this name
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TimeoutError,  # noqa: A004 - Redis's own error of this name
)

from engine.core.errors import UnreachableError
from storage.redis.address import read_address

__all__ = ["Redis", "check_redis", "open_redis", "reaching_redis"]

MOST_CONNECTIONS: Final = 64
"""Of each process. A call waits for a free one."""
_TIMEOUT_S: Final = 5
_CODE: Final = re.compile(r"[A-Z]{3,20}(?= )")
"""With which a refusal of the server begins, such as MISCONF."""
_REFUSED: Final[Mapping[type[Exception], str]] = {
    NoPermissionError: "allow the user of REDIS_URL the commands and keys that docs/access.md lists",
    AuthenticationError: "write the server's user and password in REDIS_URL, before an @ and the host",
    ReadOnlyError: "name the primary in REDIS_URL, this server is a replica",
    OutOfMemoryError: "give the server more memory (`maxmemory`)",
}
"""By the kinds of refusal that the client tells apart."""
_MENDS: Final[Mapping[str, str]] = {
    "CERTIFICATE_VERIFY_FAILED": "name the authority that signed its certificate with ssl_ca_certs in REDIS_URL, and"
    " the host as the certificate names it",
    "Timeout connecting": "check that it is up, and that REDIS_URL begins with rediss:// only if it takes TLS",
    "Connection closed by server": "check REDIS_URL: rediss:// if it takes TLS, and ssl_certfile if it asks for a"
    " certificate",
    "ACL failure": _REFUSED[NoPermissionError],
}
"""By words of the error that the client or the server gives. A script gives its refusals no kind."""


def open_redis(url: str) -> Redis:
    """Raises SettingsError for an address that cannot be used; nothing is connected yet."""
    address, options = read_address(url)
    pool = BlockingConnectionPool.from_url(
        address,
        max_connections=MOST_CONNECTIONS,
        timeout=_TIMEOUT_S,
        decode_responses=True,
        protocol=3,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        **options,
    )
    pool.connection_class = type("PackingConnection", (_Packing, pool.connection_class), {})
    return Redis.from_pool(pool)


class _Packing(Connection):
    """Writes commands with hiredis: redis-py's own loop over the arguments takes ten times as long."""

    def pack_command(self, *args: Any) -> list[bytes]:
        name, *rest = args
        words = name.encode().split() if isinstance(name, str) else name.split()
        return [pack_command((*words, *rest))]


@contextmanager
def reaching_redis(
    failed: str = "Redis did not answer", mend: str = "check REDIS_URL and the server's log"
) -> Iterator[None]:
    """Raises UnreachableError for whatever Redis does not do: what failed, the server's reason, and the mend."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise UnreachableError(f"{failed} ({_without_values(error)}): {_mend(error) or mend}.") from error


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
    try:
        policy = (await client.info("memory")).get("maxmemory_policy")
    except (RedisError, OSError) as error:
        mend = _mend(error) or "check REDIS_URL and that it is up"
        raise UnreachableError(f"Redis cannot be used ({str(error).rstrip('.')}): {mend}.") from error
    if policy is None:
        return "Redis does not tell its maxmemory-policy: make sure that it is noeviction, or timers may be lost."
    if policy != "noeviction":
        raise UnreachableError(
            f"Redis may evict timers (maxmemory-policy is {policy}): set `maxmemory-policy noeviction`."
        )
    return None
