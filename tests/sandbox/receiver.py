"""A webhook under a test's control: it records each delivery, and answers at once or when the test says."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bench.sandbox import ports


@asynccontextmanager
async def served(runner: web.BaseRunner) -> AsyncIterator[str]:
    """Serve for the block; give the address."""
    await runner.setup()
    try:
        listening = ports.listen(0)
        await web.SockSite(runner, listening).start()
        host, port = listening.getsockname()
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


class Visit:
    def __init__(self, update: dict[str, Any], headers: dict[str, str]) -> None:
        self.update = update
        self.headers = headers
        self._answer: asyncio.Future[web.Response] = asyncio.get_running_loop().create_future()

    @property
    def update_id(self) -> int:
        return int(self.update["update_id"])

    @property
    def secret(self) -> str | None:
        return self.headers.get("X-Telegram-Bot-Api-Secret-Token")

    def answer(self, status: int = 200, body: str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if not self._answer.done():
            self._answer.set_result(web.Response(status=status, body=body.encode(), headers=named))

    async def answered(self) -> web.Response:
        return await self._answer


class Receiver:
    """`async with Receiver()` listens; `listening=False` takes a port that refuses until `listen`."""

    def __init__(self, *, listening: bool = True, holding: bool = False) -> None:
        self.holding = holding
        self.paths: list[str] = []
        self._listening = listening
        self._visits: asyncio.Queue[Visit] = asyncio.Queue()
        self._held: list[Visit] = []
        self._stack = AsyncExitStack()
        self._socket: socket.socket = ports.listen(0)
        host, port = self._socket.getsockname()
        self.url = f"http://{host}:{port}/telegram/1"

    async def __aenter__(self) -> Self:
        self._stack.callback(self._socket.close)
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        await self._runner.setup()
        self._stack.push_async_callback(self._runner.cleanup)
        if self._listening:
            await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
        await self._stack.aclose()

    async def listen(self) -> None:
        await web.SockSite(self._runner, self._socket).start()

    async def next(self) -> Visit:
        """Wait for the next visit."""
        return await asyncio.wait_for(self._visits.get(), 10)

    async def several(self, count: int) -> dict[int, Visit]:
        """Wait for a number of visits, in any order."""
        visits = [await self.next() for _ in range(count)]
        return {visit.update_id: visit for visit in visits}

    @property
    def quiet(self) -> bool:
        """Whether no visit waits to be told of."""
        return self._visits.empty()

    def let_go(self) -> None:
        """Answer what is held, and from now on at once."""
        self.holding = False
        for visit in self._held:
            visit.answer()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        visit = Visit(json.loads(await request.read()), dict(request.headers))
        self.paths.append(request.path)
        self._held.append(visit)
        if not self.holding:
            visit.answer()
        self._visits.put_nowait(visit)
        return await visit.answered()
