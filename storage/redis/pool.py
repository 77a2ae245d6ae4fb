"""The connections of one process to one server: a bounded number, each made again when it has become useless."""

import asyncio
from typing import Any, cast

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from storage.redis.refusals import is_astray


class Pool(ConnectionPool):
    """Lets a call wait for a free connection, at a third of the cost of the library's own pool that does so.

    A connection that the server has closed is opened again before it is given out. Nothing but closing a connection
    waits as it comes back, so that a cancellation finds it either in use or free; the library would take a lock, and
    tell listeners and counters that we have not.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._free = asyncio.Semaphore(self.max_connections)
        self.connection_class = type("PackingConnection", (_Connection, self.connection_class), {})

    async def get_connection(self, *_: Any, **__: Any) -> AbstractConnection:
        await self._free.acquire()
        untyped: Any = self
        try:
            connection: AbstractConnection = untyped.get_available_connection()
        except BaseException:
            self._free.release()
            raise
        try:
            await _close_useless(connection)
            await self.ensure_connection(connection)
        except BaseException:
            await self.release(connection)
            raise
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        """Raises KeyError for one that is not in use. After one that broke, or whose call was late, the others may be
        useless too: their server may have gone without a word.
        """
        self._in_use_connections.remove(connection)
        if not connection.is_connected:
            self.renew()
        try:
            await _close_useless(connection)
        finally:
            self._available_connections.append(connection)
            self._free.release()

    def renew(self) -> None:
        """Make every connection again before its next call: another server has taken over."""
        for connection in (*self._available_connections, *self._in_use_connections):
            cast("Any", connection).mark_for_reconnect()  # it has no types


async def _close_useless(connection: AbstractConnection) -> None:
    if cast("Any", connection).should_reconnect():  # it has no types
        await connection.disconnect()


class _Connection(AbstractConnection):
    """Writes commands with hiredis: redis-py's own loop over the arguments takes ten times as long.

    After a refusal that another server may not give, it is made again for the next call. It comes before the class that
    the address asks for, which alone says how to connect.
    """

    def pack_command(self, *args: Any) -> list[bytes]:
        name, *rest = args
        words = name.encode().split() if isinstance(name, str) else name.split()
        return [pack_command((*words, *rest))]

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)
        except ResponseError as refusal:
            if is_astray(refusal):
                cast("Any", self).mark_for_reconnect()  # it has no types
            raise
