"""Sends prepared requests as fast as they are answered, over a few connections that stay open."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

_LENGTH: Final = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)
_END: Final = b"\r\n\r\n"


class LoadError(RuntimeError):
    """An answer was not 200."""


def request(path: str, kind: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Load:
    """Some connections to one server."""

    def __init__(self, url: str, connections: int) -> None:
        self._url = urlsplit(url)
        self._count = connections
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for _ in range(self._count):
            reader, writer = await asyncio.open_connection(self._url.hostname, self._url.port)
            self._stack.callback(writer.close)
            self._open.append((reader, writer))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def send(self, requests: Sequence[bytes]) -> None:
        """Returns once all are answered. Raises LoadError."""
        waiting = iter(requests)
        await asyncio.gather(*(_drain(reader, writer, waiting) for reader, writer in self._open))


async def _drain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: Iterator[bytes]) -> None:
    for one in waiting:
        writer.write(one)
        head = await reader.readuntil(_END)
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if not head.startswith(b"HTTP/1.1 200"):
            raise LoadError(f"A request was refused: {body[:200].decode('utf-8', 'replace')}")
