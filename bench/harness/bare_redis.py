"""The ceiling of what a client of Redis can do: prepared bytes go out, and answers are counted.

One connection keeps a few commands in flight, and does nothing else.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final, cast
from urllib.parse import urlsplit

import hiredis

IN_FLIGHT: Final = 4


class RefusedError(RuntimeError):
    """The server refused a command: what was measured means nothing."""


class BareRedis(asyncio.Protocol):
    def __init__(self) -> None:
        self._reader = hiredis.Reader()
        self._waiting: asyncio.Future[Any] | None = None
        self._commands: Iterator[bytes] = iter(())
        self._until_s = 0.0
        self._in_flight = self._answered = 0
        self._last: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            if isinstance(answer, hiredis.ReplyError):
                self._fail(RefusedError(str(answer)))
                return
            self._last = answer
            self._answered += 1
            self._in_flight -= 1
            self._send()

    async def ask(self, command: bytes) -> Any:
        """Raises RefusedError."""
        await self.repeat(iter([command]), float("inf"))
        return self._last

    async def repeat(self, commands: Iterator[bytes], for_s: float) -> int:
        """Send for this long, or until the commands end; gives how many were answered. Raises RefusedError."""
        self._commands, self._until_s = commands, time.perf_counter() + for_s
        self._in_flight = self._answered = 0
        self._waiting = asyncio.get_running_loop().create_future()
        for _ in range(IN_FLIGHT):
            self._send()
        await self._waiting
        return self._answered

    def close(self) -> None:
        self._transport.close()

    def _send(self) -> None:
        command = next(self._commands, None) if time.perf_counter() < self._until_s else None
        if command is not None:
            self._in_flight += 1
            self._transport.write(command)
        elif not self._in_flight and self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(error)


@asynccontextmanager
async def bare_redis(url: str) -> AsyncIterator[BareRedis]:
    """To a server of the bench's own, which is on this machine."""
    parts = urlsplit(url)
    _, connection = await asyncio.get_running_loop().create_connection(BareRedis, str(parts.hostname), parts.port or 0)
    try:
        if parts.password:
            await connection.ask(packed("AUTH", parts.password))
        yield connection
    finally:
        connection.close()


def packed(*words: str | int) -> bytes:
    """As the server reads a command. The library's stub takes one word for all."""
    return bytes(hiredis.pack_command(cast("Any", words)))
