"""The Bot API port: /bot<token>/<method>. A shell: read a request, let the methods decide, write, record.

aiohttp's low-level server is used, without router and middlewares: they would double the cost of a call.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from bench.sandbox import errors
from bench.sandbox.body import read_parameters
from bench.sandbox.connection import Connection, connection_of
from bench.sandbox.errors import ApiError, Refusal
from bench.sandbox.faults import Faults, Verdict
from bench.sandbox.methods import CANONICAL, METHODS
from bench.sandbox.methods.call import Call
from bench.sandbox.objects import Message
from bench.sandbox.parameters import Parameters, integer, text
from bench.sandbox.polling import Polls
from bench.sandbox.pulse import Pulse
from bench.sandbox.record import Recorder
from bench.sandbox.state import Bot, State
from bench.sandbox.wire import Fault, FaultKind, Row

Clock = Callable[[], int]
_PREFIX = "/bot"
_JSON = "application/json"
_GATEWAY_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_encode = msgspec.json.Encoder().encode


class _Dropped(Exception):  # noqa: N818 - a way out of a handler, not an error
    """The connection is to be closed without an answer."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    retry_after: int | None = None
    content_type: str = _JSON

    def response(self) -> web.Response:
        headers = {"Content-Type": self.content_type}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return web.Response(status=self.status, body=self.body, headers=headers)


class BotApi:
    def __init__(self, state: State, faults: Faults, recorder: Recorder, pulse: Pulse, clock: Clock) -> None:
        self._state = state
        self._faults = faults
        self._recorder = recorder
        self._pulse = pulse
        self._clock = clock
        self._polls = Polls()
        self._closing = False

    def close(self) -> None:
        """From now on a request that ends without an answer was ended by us."""
        self._closing = True

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = connection_of(request)
        connection.answered = None
        path, _, query = request.raw_path.partition("?")
        token, slash, method = unquote(path).removeprefix(_PREFIX).partition("/")
        if not (path.startswith(_PREFIX) and slash and method):
            return _refusal(ApiError(errors.NOT_FOUND)).response()
        bot = self._state.bot_by_token(token)
        name = CANONICAL.get(method.lower(), method)
        row = self._recorder.arrive(bot.id if bot else 0, name, self._clock())
        try:
            answer = await self._answer(request, query, token, bot, row)
            return await self._deliver(request, connection, answer, row)
        except _Dropped:
            return self._drop(connection, row)
        except asyncio.CancelledError:
            self._end(row, "closing" if self._closing else "client")
            raise

    async def _answer(
        self, request: web.BaseRequest, query: str, token: str, bot: Bot | None, row: Row
    ) -> _Answer:
        try:
            given = await read_parameters(request, query)
            if bot is None:
                return _refused(ApiError(errors.UNAUTHORIZED if ":" in token else errors.INVALID_TOKEN), row)
            _describe(row, given)
            call = Call(self._state, bot, given, self._clock())
            verdict = self._faults.judge(bot.id, row.chat_id, row.method.lower())
            row.fault = verdict.label
            return await self._under(verdict, call, row)
        except ApiError as error:
            return _refused(error, row)

    async def _under(self, verdict: Verdict, call: Call, row: Row) -> _Answer:
        """Serve a call with the faults that strike it."""
        fault = verdict.fault
        if fault is None or fault.kind is FaultKind.ACCEPT_THEN_DROP:
            answer = await self._serve(call, row)
        else:
            answer = await _spoiled(fault, row)
        if verdict.latency_ms:
            await asyncio.sleep(verdict.latency_ms / 1000)
        if fault is not None and fault.kind is FaultKind.ACCEPT_THEN_DROP:
            raise _Dropped
        return answer

    async def _serve(self, call: Call, row: Row) -> _Answer:
        name = row.method.lower()
        if name == "getupdates":
            return await self._poll(call, row)
        method = METHODS.get(name)
        if method is None:
            raise ApiError(errors.METHOD_NOT_FOUND)
        result = method(call)
        if isinstance(result, Message):
            row.message_id = result.message_id
        return _accepted(_encode(result), row)

    async def _poll(self, call: Call, row: Row) -> _Answer:
        updates = await self._polls.fetch(call)
        row.updates = len(updates)
        return _accepted(b"[" + b",".join(update.body for update in updates) + b"]", row)

    async def _deliver(
        self, request: web.BaseRequest, connection: Connection, answer: _Answer, row: Row
    ) -> web.StreamResponse:
        """Write the answer here, not after the return, to see whether anybody was there to take it."""
        response = answer.response()
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            self._end(row, "client")
            return response
        self._end(row, "client" if connection.reset_by_client() else None)
        connection.answered = row
        return response

    def _drop(self, connection: Connection, row: Row) -> web.StreamResponse:
        if connection.transport is not None:
            connection.transport.abort()
        self._end(row, "fault")
        return web.Response()

    def _end(self, row: Row, broken_off: str | None) -> None:
        self._recorder.end(row, self._clock(), broken_off)
        self._pulse.beat()


def _describe(row: Row, given: Parameters) -> None:
    if "chat_id" in given:
        row.chat_id = integer(given, "chat_id")
    if "text" in given:
        row.text = text(given, "text")
    if "offset" in given:
        row.offset = integer(given, "offset")


def _accepted(result: bytes, row: Row) -> _Answer:
    row.ok = True
    return _Answer(200, b'{"ok":true,"result":' + result + b"}")


def _refused(error: ApiError, row: Row) -> _Answer:
    row.ok, row.error_code = False, error.refusal.code
    return _refusal(error)


def _refusal(error: ApiError) -> _Answer:
    code, description = error.refusal
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    return _Answer(code, _encode(body), retry_after=error.retry_after)


async def _spoiled(fault: Fault, row: Row) -> _Answer:
    """Answer, or not, a call that is not served at all."""
    match fault.kind:
        case FaultKind.DROP_BEFORE_ACCEPT:
            raise _Dropped
        case FaultKind.HANG:
            await asyncio.get_running_loop().create_future()
        case FaultKind.TOO_MANY_REQUESTS:
            raise errors.too_many_requests(fault.retry_after)
        case FaultKind.BAD_GATEWAY:
            row.ok, row.error_code = False, HTTPStatus.BAD_GATEWAY
            return _Answer(HTTPStatus.BAD_GATEWAY, _GATEWAY_PAGE, content_type="text/html")
    raise ApiError(_REFUSALS[fault.kind])


_REFUSALS: dict[FaultKind, Refusal] = {
    FaultKind.BLOCKED: errors.BLOCKED,
    FaultKind.BAD_REQUEST: errors.CHAT_NOT_FOUND,
    FaultKind.UNAUTHORIZED: errors.UNAUTHORIZED,
    FaultKind.INTERNAL_ERROR: errors.INTERNAL,
}
