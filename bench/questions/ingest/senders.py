"""`python -m bench.questions.ingest.senders URL`: delivers updates to a webhook as fast as they are answered.

Each connection stays open and has one request under way, as Telegram's have. The first line of input names the bots
and their secrets; each further line is for how many seconds to send, and is answered with the number of updates that
were answered. Bytes are prepared but for the update's numbers, so that a sender costs a fraction of what it measures.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Final, cast
from urllib.parse import urlsplit

import msgspec
import uvloop

from bench.harness.conversation import converse
from bench.questions.ingest.updates import FIRST_NUMBER, update
from engine.receiver.webhook_feed import PATH

CONNECTIONS: Final = 8
"""Of each bot."""
_OK: Final = b"HTTP/1.1 200 "
_END: Final = b"\r\n\r\n"


class Hooked(msgspec.Struct, frozen=True):
    bot_id: int
    secret: str


class NotTakenError(RuntimeError):
    """An update was not answered with 200: what was measured means nothing."""


class _Bot:
    """Gives one request after the other, each with the next number."""

    def __init__(self, hooked: Hooked) -> None:
        self._numbers = count(FIRST_NUMBER)
        length = len(update(FIRST_NUMBER, int(time.time())))
        self._head = (
            f"POST {PATH}/{hooked.bot_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {hooked.secret}\r\nContent-Length: {length}"
            "\r\nConnection: keep-alive\r\n\r\n"
        ).encode()

    def next_request(self) -> bytes:
        return self._head + update(next(self._numbers), int(time.time()))


class _Connection(asyncio.Protocol):
    def __init__(self, next_request: Callable[[], bytes]) -> None:
        self._next_request = next_request
        self._heard = b""
        self._until_s = 0.0
        self._answered = 0
        self._over: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or NotTakenError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if not self._heard.startswith(_OK):
            self._fail(NotTakenError(self._heard.decode("utf-8", "replace")))
        elif self._heard.endswith(_END):
            self._heard = b""
            self._answered += 1
            self._go_on()

    async def send(self, until_s: float) -> int:
        """Gives how many were answered. Raises NotTakenError."""
        self._until_s, self._answered = until_s, 0
        self._over = asyncio.get_running_loop().create_future()
        self._go_on()
        return await self._over

    def _go_on(self) -> None:
        if time.perf_counter() < self._until_s:
            self._transport.write(self._next_request())
        elif self._over:
            self._over.set_result(self._answered)

    def _fail(self, error: Exception) -> None:
        if self._over and not self._over.done():
            self._over.set_exception(error)


class Senders:
    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._open: list[_Connection] = []

    async def answer(self, line: str) -> str:
        if not self._open:
            for hooked in msgspec.json.decode(line, type=list[Hooked]):
                await self._connect(_Bot(hooked))
            return str(len(self._open))
        until_s = time.perf_counter() + float(line)
        return str(sum(await asyncio.gather(*(connection.send(until_s) for connection in self._open))))

    async def _connect(self, bot: _Bot) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, connection = await loop.create_connection(
                lambda: _Connection(bot.next_request), self._url.hostname or "", self._url.port or 0
            )
            self._open.append(connection)


if __name__ == "__main__":
    uvloop.run(converse(Senders(sys.argv[1]).answer))
