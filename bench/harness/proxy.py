"""`python -m bench.harness.proxy`: a network that stands between processes and servers, and that can be cut and slowed.

It is told what to do line by line, as `conversation` says. Every port that it forwards is known by a name.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import TracebackType
from typing import Final, Self

from bench.harness.conversation import Helper, converse, helper

_CHUNK: Final = 2**16
_LOOPBACK: Final = "127.0.0.1"


class Link:
    """One forwarded port, with its open connections."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._serving: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        self.delay_s = 0.0

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one of the two ends closes, or somebody cuts."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def cut(self) -> int:
        """Break every connection, whatever is under way. Gives how many there were."""
        for end in self._ends:
            end.transport.abort()
        return len(self._ends) // 2

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A server that is down closes at once."""
        try:
            far_reader, far_writer = await asyncio.open_connection(_LOOPBACK, self._port)
        except OSError:
            await _close(writer)
            return
        ends = {writer, far_writer}
        self._ends |= ends
        ways = [asyncio.create_task(self._carry(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self._ends -= ends
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, *map(_close, ends), return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()


async def _close(end: asyncio.StreamWriter) -> None:
    end.close()
    with suppress(OSError):
        await end.wait_closed()


class Network:
    """The process's own end: what each line asks for. Everything ends with the block."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._listening = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._listening.aclose()
        for link in self._links.values():
            await link.close()

    async def answer(self, line: str) -> str:
        verb, name, *number = line.split()
        match verb:
            case "forward":
                return str(await self._forward(name, int(number[0])))
            case "cut":
                return str(self._links[name].cut())
            case "slow":
                self._links[name].delay_s = int(number[0]) / 1000
                return "slow"
        raise ValueError(f"The network was asked for something that it does not know: {verb}.")

    async def _forward(self, name: str, port: int) -> int:
        self._links[name] = Link(port)
        server = await asyncio.start_server(self._links[name].serve, _LOOPBACK, 0)
        self._listening.callback(server.close)
        listening: int = server.sockets[0].getsockname()[1]
        return listening


class Proxy:
    """The bench's end. All methods raise RecoveryError if the process has ended."""

    def __init__(self, process: Helper) -> None:
        self._process = process

    async def forward(self, name: str, port: int) -> int:
        """Gives the port that leads to this one from now on."""
        return int(await self._process.ask(f"forward {name} {port}"))

    async def cut(self, name: str) -> int:
        """Break all connections by this way. Gives how many there were."""
        return int(await self._process.ask(f"cut {name}"))

    async def slow(self, name: str, delay_ms: int) -> None:
        """Delay whatever goes by this way, in both directions, from now on. 0 ends it."""
        await self._process.ask(f"slow {name} {delay_ms}")


@asynccontextmanager
async def running_proxy() -> AsyncIterator[Proxy]:
    async with AsyncExitStack() as stack:
        yield Proxy(await stack.enter_async_context(helper("bench.harness.proxy")))


async def _serve() -> None:
    async with Network() as network:
        await converse(network.answer)


if __name__ == "__main__":
    asyncio.run(_serve())
