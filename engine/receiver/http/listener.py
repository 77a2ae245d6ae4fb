"""Listens on a port for an application, and decides which connections stay."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from aiohttp import web

from engine.core.errors import SettingsError
from engine.receiver.http.body import invite_nobody_yet
from engine.receiver.http.connection import Connection
from engine.receiver.http.connection_limits import BACKLOG, Bounds, ConnectionLimits, Stage, origin_of
from engine.receiver.http.request_ids import Handler
from engine.receiver.http.turned_away import TurnedAway, Why
from engine.runtime import metrics
from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import logger

LOOK_S: Final = 1.0
"""How often connections are closed whose time is over, and those turned away are told."""
_SHUTDOWN_S: Final = 5.0
_EVER: Final = float("inf")
_HURRIED: Final = (Stage.ARRIVING, Stage.ANSWERING)
"""In the other stages a connection may use all the time that it has."""


class Listener:
    """`choose` gives the handler of all requests; it is told the application's own."""

    def __init__(self, application: web.Application, bounds: Bounds, choose: Callable[[Handler], Handler]) -> None:
        self._choose = choose
        self._runner = web.AppRunner(application, shutdown_timeout=_SHUTDOWN_S)
        self._limits: ConnectionLimits[Connection] = ConnectionLimits(bounds)
        self._turned_away = TurnedAway()

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[None]:
        """Listen while the block lasts; then answer what has arrived. Raises SettingsError.

        Two receivers may share the port, so that one can be replaced while the other listens.
        """
        await self._runner.setup()
        looks = asyncio.create_task(run_service(self.run_once, pause(LOOK_S), "Connections not looked at"))
        try:
            server = await self._open(host, port)
            try:
                yield
            finally:
                server.close()
        finally:
            looks.cancel()
            await self._runner.cleanup()
            self._close_overdue(_EVER)
            self._turned_away.tell_rest()

    async def run_once(self) -> None:
        now_s = _now_s()
        for stage in self._close_overdue(now_s):
            if stage in _HURRIED:
                self._turned_away.count(Why.TOO_SLOW)
        metrics.connections.set(len(self._limits))
        self._turned_away.tell(now_s)

    def admit(self, connection: Connection, address: str) -> bool:
        leaves = self._limits.admit(connection, origin_of(address), _now_s())
        if leaves is None:
            return True
        self.turn_away(Why.TOO_MANY)
        if leaves is not connection:
            leaves.drop()
        return leaves is not connection

    def move(self, connection: Connection, stage: Stage) -> None:
        self._limits.move(connection, stage, _now_s())

    def forget(self, connection: Connection) -> None:
        self._limits.forget(connection)

    def turn_away(self, why: Why) -> None:
        self._turned_away.count(why)

    async def _open(self, host: str, port: int) -> asyncio.Server:
        server = cast("web.Server", self._runner.server)
        server.request_factory = invite_nobody_yet(server.request_factory)
        server.request_handler = cast("Any", self._choose(server.request_handler))  # its requests are the application's
        try:
            opened = await asyncio.get_running_loop().create_server(
                lambda: Connection(server, self), host, port, backlog=BACKLOG, reuse_port=True
            )
        except OSError as error:
            raise SettingsError(f"{host}:{port} cannot be listened on ({error}): set HOST and PORT.") from error
        logger().info("Listening", host=host, port=port)
        return opened

    def _close_overdue(self, now_s: float) -> list[Stage]:
        over = self._limits.overdue(now_s)
        for connection, _ in over:
            connection.drop()
        return [stage for _, stage in over]


def _now_s() -> float:
    return asyncio.get_running_loop().time()
