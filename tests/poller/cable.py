"""A way to a server that a test can cut, so that what is open breaks off, or hold, so that nobody notices anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit


class Cable:
    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._held_for_good: list[asyncio.Event] = []
        self._carrying: set[asyncio.Task[object]] = set()

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    def hold(self) -> None:
        """Connections stay open, new ones are accepted, and nothing gets through."""
        self._flowing.clear()

    def flow(self) -> None:
        """What was held gets through now."""
        self._flowing.set()

    def lead_to_successor(self) -> None:
        """What is open is held for good; new connections reach a server."""
        self._flowing.clear()
        self._held_for_good.append(self._flowing)
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._server)
        ends = {writer, far_writer}
        self._open |= ends
        flowing = self._flowing
        pumps = {asyncio.create_task(_pump(*way, flowing)) for way in ((reader, far_writer), (far_reader, writer))}
        self._carrying |= pumps
        await asyncio.wait(pumps)
        self._carrying -= pumps
        self._open -= ends

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        for held in (self._flowing, *self._held_for_good):
            held.set()
        if self._carrying:
            await asyncio.wait(self._carrying)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
    """Until either end is gone; then the other one goes too."""
    try:
        while data := await reader.read(65_536):
            await flowing.wait()
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # that is what the cable is for
    finally:
        writer.transport.abort()


@asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[tuple[Cable, str]]:
    """A cable to the server of a URL, and the URL by which it is used."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    async with Cable(parts.hostname, parts.port) as cable:
        server = await asyncio.start_server(cable.carry, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        yield cable, url.replace(f":{parts.port}/", f":{port}/")
        server.close()
