"""The whole sandbox: two ports on loopback over one state, in the caller's loop."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bench.sandbox import ports, protocol
from bench.sandbox.bot_api.connection import ConnectionServer
from bench.sandbox.bot_api.endpoint import BotApi
from bench.sandbox.bot_api.faults import Faults
from bench.sandbox.bot_api.rate_limits import UNLIMITED, RateLimits
from bench.sandbox.bot_api.request_log import RequestLog
from bench.sandbox.bot_api.running import Running
from bench.sandbox.bot_api.service import Service
from bench.sandbox.bot_api.webhook_delivery import Deliveries
from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.clock import Clock
from bench.sandbox.control.conditions import Conditions
from bench.sandbox.control.event_stream import EventStreams
from bench.sandbox.control.exchange_routes import ExchangeRoutes
from bench.sandbox.control.media_routes import MediaRoutes
from bench.sandbox.control.page_routes import page_routes
from bench.sandbox.control.script_runner import ScriptRunner
from bench.sandbox.control.server import Control, bot_info
from bench.sandbox.control.watched_chats import Observer, WatchedChats
from bench.sandbox.people.actions import perform
from bench.sandbox.people.scripts import Script
from bench.sandbox.world.identities import FIRST_PERSON_ID
from bench.sandbox.world.retention import DEFAULT_BOUNDS, Bounds
from bench.sandbox.world.state import State

# Requests that are open when the sandbox stops wait for something that will not come.
_PATIENCE_S = 0.05
_BACKLOG = 4096


class Sandbox:
    """`async with Sandbox(bots=3) as sandbox:` serves until the block ends."""

    def __init__(  # noqa: PLR0913 - keywords, each an option of the command line
        self,
        bots: int = 3,
        *,
        record: Path | None = None,
        seed: int = 0,
        port: int = 0,
        control_port: int = 0,
        webhook_second: float = 1.0,
        first_person: int = FIRST_PERSON_ID,
        observer: Observer | None = None,
        limits: protocol.LimitRules = UNLIMITED,
        bounds: Bounds = DEFAULT_BOUNDS,
        scripts: Sequence[Script] = (),
    ) -> None:
        self._state = State(seed, first_person, bounds)
        self._faults = Faults(seed)
        self._limits = RateLimits(limits, self._state.counters.violation)
        for _ in range(bots):
            self._state.add_bot()
        self._bounds = bounds
        self._scripts = scripts
        self._record = record
        self._port = port
        self._control_port = control_port
        self._webhook_second = webhook_second
        self._observer = observer
        self._stack = AsyncExitStack()
        self.api_url = ""
        self.control_url = ""

    @property
    def bots(self) -> list[protocol.BotInfo]:
        return [bot_info(bot) for bot in self._state.bots.values()]

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _open(self, stack: AsyncExitStack) -> None:
        file = stack.enter_context(self._record.open("wb", buffering=0)) if self._record else None
        signal, clock, running = ChangeSignal(), Clock(), Running()
        log = RequestLog(file, clock.now_ms, signal.notify, self._bounds.rows)
        await self._open_bot_api(stack, log, signal, clock, running)
        await self._open_control(stack, log, signal, clock)
        stack.push_async_callback(running.close)

    async def _open_bot_api(
        self, stack: AsyncExitStack, log: RequestLog, signal: ChangeSignal, clock: Clock, running: Running
    ) -> None:
        deliveries = Deliveries(self._state, self._faults, signal, clock.now_ms, second=self._webhook_second)
        await stack.enter_async_context(deliveries)
        service = Service(self._state.counters, self._faults, self._limits, log, clock, running, perform)
        api = BotApi(self._state, service, log, clock, running)
        deliveries.reply = api.reply
        server = ConnectionServer(api.handle, log.client_closed)
        self.api_url = await _serve(stack, web.ServerRunner(server, shutdown_timeout=_PATIENCE_S), self._port)

    async def _open_control(self, stack: AsyncExitStack, log: RequestLog, signal: ChangeSignal, clock: Clock) -> None:
        conditions = Conditions(self._state, self._limits, clock, signal)
        scripts = ScriptRunner(self._state, signal, clock.now_ms)
        exchanges = ExchangeRoutes(self._state, log)
        media = MediaRoutes(self._state, signal, clock.now_ms)
        forget = (conditions.forget, scripts.forget)
        control = Control(self._state, self._faults, log, signal, clock.now_ms, forget)
        watched = WatchedChats(self._observer, signal)
        stack.push_async_callback(watched.close)
        streams = EventStreams(self._state, log, signal, watched, clock.now_ms)
        application = control.application()
        for part in (conditions, scripts, media, exchanges, streams):
            application.add_routes(part.routes())
        application.add_routes(page_routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_PATIENCE_S, handler_cancellation=True)
        self.control_url = await _serve(stack, runner, self._control_port)
        stack.push_async_callback(scripts.close)
        for script in self._scripts:
            scripts.begin(script)
        stack.callback(streams.close)


async def _serve(stack: AsyncExitStack, runner: web.BaseRunner, port: int) -> str:
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    listening = ports.listen(port)
    await web.SockSite(runner, listening, backlog=_BACKLOG).start()
    host, bound = listening.getsockname()
    return f"http://{host}:{bound}"
