"""A network that stands between processes and servers: it carries everything, and can be cut and slowed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bench.harness.proxy import Network, running_proxy

_PATIENCE_S = 30


@asynccontextmanager
async def _echoing() -> AsyncIterator[int]:
    """A server that ends once its clients have gone."""
    serving: set[asyncio.Task[None]] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                writer.write(data)
                await writer.drain()
        await _close(writer)

    server = await asyncio.start_server(lambda *ends: serving.add(asyncio.create_task(echo(*ends))), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*serving)


async def _through(port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        return await reader.readexactly(len(text))
    finally:
        await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("slow_ms", [0, 5])
async def test_everything_arrives_in_order_however_slow_it_is(slow_ms: int) -> None:
    text = bytes(range(256)) * 1_000
    async with asyncio.timeout(_PATIENCE_S), _echoing() as port, Network() as network:
        way = int(await network.answer(f"forward valkey {port}"))
        await network.answer(f"slow valkey {slow_ms}")
        assert await _through(way, text) == text


async def test_a_cut_breaks_the_connections_of_one_way_and_new_ones_go_through() -> None:
    async with asyncio.timeout(_PATIENCE_S), _echoing() as port, Network() as network:
        way, other = [int(await network.answer(f"forward {name} {port}")) for name in ("valkey", "postgres")]
        reader, writer = await asyncio.open_connection("127.0.0.1", way)
        kept_reader, kept_writer = await asyncio.open_connection("127.0.0.1", other)
        for pair in ((reader, writer), (kept_reader, kept_writer)):
            pair[1].write(b"one")
            assert await pair[0].readexactly(3) == b"one"
        assert await network.answer("cut valkey") == "1"
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        assert await _through(way, b"again") == b"again"
        kept_writer.write(b"two")
        assert await kept_reader.readexactly(3) == b"two"
        for end in (writer, kept_writer):
            await _close(end)


async def test_a_server_that_is_down_closes_at_once() -> None:
    async with asyncio.timeout(_PATIENCE_S), Network() as network:
        async with _echoing() as port:
            pass
        way = int(await network.answer(f"forward valkey {port}"))
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await _through(way, b"one")


async def test_an_unknown_order_is_refused() -> None:
    async with Network() as network:
        with pytest.raises(ValueError, match="burn"):
            await network.answer("burn valkey")


async def test_the_process_does_what_its_lines_say() -> None:
    async with asyncio.timeout(_PATIENCE_S), _echoing() as port, running_proxy() as proxy:
        way = await proxy.forward("valkey", port)
        await proxy.slow("valkey", 1)
        assert await _through(way, b"one") == b"one"
        assert await proxy.cut("valkey") in (0, 1)
