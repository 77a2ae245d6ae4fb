"""The receiver as a process, with fewer files than callers who send half a request."""

import asyncio
import resource
import shlex
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench.sandbox.ports import listen
from tests.receiver.http.wire import HALF, HEALTHY, Wire, request

ROOT = Path(__file__).parents[3]
FEW, MORE = 64, 256
CALLERS = 400
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@asynccontextmanager
async def receiver(port: int, redis_url: str, database_url: str) -> AsyncIterator[Process]:
    environ = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
    telegram = {"TELEGRAM_API_URL": "http://127.0.0.1:1", "PORT": str(port)}
    command = f"ulimit -Sn {FEW}; ulimit -Hn {MORE}; exec {shlex.quote(sys.executable)} -m engine.receiver"
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", command, cwd=ROOT, env={**environ, **telegram}, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _is_up(wire: Wire) -> None:
    async with asyncio.timeout(60):
        while True:
            with suppress(ConnectionError):
                return await _healthy(wire)
            await asyncio.sleep(0.1)


async def _healthy(wire: Wire) -> None:
    assert (await wire.ask(HEALTHY)).status == 200


async def test_more_half_open_connections_than_files_end_nothing(redis_url: str, database_url: str) -> None:
    with listen(0) as free:
        wire = Wire(free.getsockname()[1])
    async with receiver(wire.port, redis_url, database_url) as process:
        await _is_up(wire)
        assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] == MORE
        for _ in range(CALLERS):
            await wire.call(HALF)
        for _ in range(10):
            await _healthy(wire)
            assert (await wire.ask(request())).status == 404
        wire.hang_up()
        process.terminate()
        out, err = await asyncio.wait_for(process.communicate(), 30)
    said = [line for line in str(out, "utf-8").splitlines() if "Turned away" in line]
    assert (process.returncode, err) == (0, b"")
    assert any("too_many=" in line for line in said)
    assert len(said) <= 2, "one at once, and one at the end"
