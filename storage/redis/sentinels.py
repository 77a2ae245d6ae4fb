"""The way to a primary that Sentinels know. They are asked at each new connection, so that after a failover it leads to
the new primary; connections to the old one end when it answers that it is a replica, or nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError  # noqa: A004 - Redis's own error of this name

from storage.redis.address import Address
from storage.redis.pool import Pool

_TIMEOUT_S: Final = 1.0
"""Of each step of a question to one Sentinel. The next one is asked then, while the call has time."""


class SentinelPool(Pool):
    """Connections to the primary, and one to each Sentinel that was asked."""

    def __init__(self, address: Address, **options: Any) -> None:
        following = type("FollowingConnection", (_Following, SSLConnection), {}) if address.tls else _Following
        super().__init__(connection_class=following, find_primary=self._find_primary, **options)
        self._service = address.service
        untyped: Any = Sentinel
        self._sentinels: Sentinel = untyped(address.hosts, sentinel_kwargs=_asking(address))
        self._asking = asyncio.Lock()

    async def _find_primary(self) -> tuple[str, int]:
        try:
            async with self._asking:
                host, port = await self._sentinels.discover_master(self._service)
        except MasterNotFoundError as error:
            raise ConnectionError(f"no Sentinel knows the primary {self._service}") from error
        return str(host), int(port)

    async def aclose(self) -> None:
        await super().aclose()
        await self._sentinels.aclose()


class _Following(Connection):
    """Asks for the primary whenever it connects."""

    def __init__(self, *, find_primary: Callable[[], Awaitable[tuple[str, int]]], **options: Any) -> None:
        super().__init__(**options)
        self._find_primary = find_primary

    async def _connect(self) -> None:
        self.host, self.port = await self._find_primary()
        await super()._connect()  # type: ignore[no-untyped-call]  # it has no types


def _asking(address: Address) -> dict[str, Any]:
    """The options of a connection to a Sentinel: it has its own users, and the servers' TLS."""
    tls = {name: value for name, value in address.options.items() if name.startswith("ssl_")}
    return {
        "decode_responses": True,
        "protocol": 2,
        "socket_timeout": _TIMEOUT_S,
        "socket_connect_timeout": _TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
        "ssl": address.tls,
        **tls,
        **address.login,
    }
