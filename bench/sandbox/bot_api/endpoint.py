"""The Bot API port: /bot<token>/<method>, and /file/bot<token>/<path>.

A shell: read a request, let the methods decide, write, record. aiohttp's low-level server is used, without router
and middlewares: they would double the cost of a call.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode

import msgspec
from aiohttp import web

from bench.sandbox import errors
from bench.sandbox.bot_api.body import decode, read_parameters
from bench.sandbox.bot_api.connection import Connection, connection_of
from bench.sandbox.bot_api.counted_calls import is_counted, messages_in
from bench.sandbox.bot_api.faults import SERVED, Faults, Occasion, Verdict
from bench.sandbox.bot_api.long_polling import Polls
from bench.sandbox.bot_api.methods import CANONICAL, METHODS
from bench.sandbox.bot_api.methods.call import Call, Told
from bench.sandbox.bot_api.methods.downloads import DOWNLOAD
from bench.sandbox.bot_api.methods.sending import sent_by, substance
from bench.sandbox.bot_api.methods.unmodelled import answer_unmodelled, note_violations
from bench.sandbox.bot_api.parameters import Parameters, boolean, integer, text
from bench.sandbox.bot_api.rate_limits import Limits, Send
from bench.sandbox.bot_api.request_log import Recorder
from bench.sandbox.bot_api.response import Answer, DroppedError, accepted, damaged, refused, spoiled
from bench.sandbox.bot_api.uploads import Upload
from bench.sandbox.change_signal import Pulse
from bench.sandbox.clock import Clock
from bench.sandbox.errors import ApiError
from bench.sandbox.people.actions import perform
from bench.sandbox.protocol import Act, Fault, FaultKind, Row
from bench.sandbox.world.objects import Message
from bench.sandbox.world.state import Bot, State

_PREFIX = "/bot"
_NOT_AS_REPLY = frozenset({"setWebhook", "deleteWebhook", "close", "logOut"})
_DOWNLOADS = "/file/bot"
_encode = msgspec.json.Encoder().encode


class _Target(NamedTuple):
    """What a request's path and query say."""

    token: str
    method: str
    query: str


class BotApi:
    def __init__(
        self, state: State, faults: Faults, limits: Limits, recorder: Recorder, pulse: Pulse, clock: Clock
    ) -> None:
        self._state = state
        self._faults = faults
        self._limits = limits
        self._recorder = recorder
        self._pulse = pulse
        self._clock = clock
        self._polls = Polls()
        self._closing = False
        self._running: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """End the requests that wait, and see them recorded."""
        self._closing = True
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def client_closed(self, row: Row, unread: bool) -> None:  # noqa: FBT001 - the connection calls it
        self._recorder.client_closed(row, self._clock.now_ms(), unread=unread)
        self._pulse.beat()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = connection_of(request)
        connection.answered = None
        target = _target(request.raw_path)
        if target is None:
            return refused(ApiError(errors.NOT_FOUND)).response()
        bot = self._state.bot_by_token(target.token)
        row = self._recorder.arrive(bot.id if bot else 0, target.method, self._clock.now_ms())
        self._pulse.beat()
        with _Registered(self._running):
            return await self._recorded(request, connection, target, bot, row)

    async def reply(self, bot: Bot, kind: str, raw: bytes) -> None:
        """Serve the method that a webhook's answer names. The bot never hears what came of it."""
        try:
            given = decode(kind, raw)
        except (ApiError, UnicodeDecodeError):
            return
        name = CANONICAL.get(str(given.pop("method", "")).lower(), "")
        if not name or name in _NOT_AS_REPLY or name.startswith("get"):
            return
        row = self._recorder.arrive(bot.id, name, self._clock.now_ms())
        _describe(row, given)
        try:
            await self._serve(Call(self._state, bot, given, self._clock.now_ms()), row)
        finally:
            self._recorder.end(row, self._clock.now_ms())
            self._pulse.beat()

    async def _recorded(
        self, request: web.BaseRequest, connection: Connection, target: _Target, bot: Bot | None, row: Row
    ) -> web.StreamResponse:
        """Answer; however it ends, the row ends with it."""
        broken_off: str | None = "failure"
        try:
            answer = await self._answer(request, target, bot, row)
            response, broken_off = await _write(answer, request), None
            connection.answered = row
        except DroppedError:
            response, broken_off = _drop(connection), "fault"
        except ConnectionError:
            response, broken_off = web.Response(), "client"
        except asyncio.CancelledError:
            broken_off = "closing" if self._closing else "client"
            raise
        finally:
            self._recorder.end(row, self._clock.now_ms(), broken_off)
            self._pulse.beat()
        return response

    async def _answer(self, request: web.BaseRequest, target: _Target, bot: Bot | None, row: Row) -> Answer:
        try:
            given = await read_parameters(request, target.query)
        except ApiError as error:
            return self._noted(refused(error), row)
        if bot is None:
            stranger = errors.UNAUTHORIZED if ":" in target.token else errors.INVALID_TOKEN
            return self._noted(refused(ApiError(stranger)), row)
        _describe(row, given)
        call = Call(self._state, bot, given, self._clock.now_ms())
        if not self._faults.on:
            return await self._serve(call, row)
        verdict = self._faults.judge(_occasion(call, row))
        row.fault = verdict.label
        return await self._under(verdict, call, row)

    async def _under(self, verdict: Verdict, call: Call, row: Row) -> Answer:
        """Serve a call with the faults that strike it: the work is done at once, a late answer comes later."""
        fault = verdict.fault
        answer = await (self._serve(call, row) if fault is None else self._struck(fault, call, row))
        if verdict.latency_ms:
            await asyncio.sleep(verdict.latency_ms / 1000)
        if fault is not None and fault.kind is FaultKind.ACCEPT_THEN_DROP:
            raise DroppedError
        return answer

    async def _struck(self, fault: Fault, call: Call, row: Row) -> Answer:
        """Serve a call if its fault lets it; where the work is done, the row tells of the work."""
        _befall(fault.kind, call, row)
        if fault.kind in SERVED:
            answer = await self._serve(call, row)
            return answer._replace(body=damaged(fault.kind, answer.body))
        if fault.accepted:
            await self._serve(call, row)
            return await spoiled(fault)
        return self._noted(await spoiled(fault), row)

    async def _serve(self, call: Call, row: Row) -> Answer:
        name = row.method.lower()
        note_violations(call, name)
        try:
            if name == "getupdates":
                return self._noted(await self._poll(call, row), row)
            if self._limits.on and is_counted(name):
                return await self._limited(_send(row, name, call.given), call, row)
        except ApiError as error:
            return self._noted(refused(error), row)
        return self._done(call, row)

    async def _limited(self, send: Send, call: Call, row: Row) -> Answer:
        """Serve a counted call as soon as it may be; one that waits is served even if its client leaves meanwhile."""
        now_ms = self._clock.steady_ms()
        chat_ms = self._limits.wait_for_chat(send, now_ms)
        bot_ms = 0 if chat_ms else self._limits.wait_for_bot(send, now_ms, 0)
        if not chat_ms and not bot_ms:
            return self._done(call, row)
        task = asyncio.get_running_loop().create_task(self._absorbed(send, chat_ms, bot_ms, call, row))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _absorbed(self, send: Send, chat_ms: int, bot_ms: int, call: Call, row: Row) -> Answer:
        try:
            if chat_ms:
                await asyncio.sleep(_surely(chat_ms))
                bot_ms = self._limits.wait_for_bot(send, self._clock.steady_ms(), chat_ms)
            if bot_ms:
                await asyncio.sleep(_surely(bot_ms))
            row.absorbed_ms = chat_ms + bot_ms
            answer = self._done(call._replace(now_ms=self._clock.now_ms()), row)
        except ApiError as error:
            answer = self._noted(refused(error), row)
        if row.completed_ms is not None:
            self._recorder.again(row)
            self._pulse.beat()
        return answer

    def _done(self, call: Call, row: Row) -> Answer:
        try:
            answer = self._result(call, row)
        except ApiError as error:
            answer = refused(error)
        return self._noted(answer, row)

    def _result(self, call: Call, row: Row) -> Answer:
        name = row.method.lower()
        method = METHODS.get(name)
        result = answer_unmodelled(call, name) if method is None else method(call)
        if isinstance(result, Told):
            return accepted(b"true", result.description)
        if isinstance(result, Answer):
            return result
        messages = sent_by(call, result)
        if messages:
            row.message_id = messages[0].message_id
            self._count(messages, row)
        return accepted(_encode(result))

    def _count(self, messages: Sequence[Message], row: Row) -> None:
        """Count what was sent; what was edited is no new message."""
        now_ms = self._clock.steady_ms()
        for message in messages:
            if message.edit_date is None:
                self._state.counters.sent(row.bot_id, message.chat.id, substance(message), now_ms)

    def _noted(self, answer: Answer, row: Row) -> Answer:
        row.ok = answer.ok
        if row.ok:
            row.error_code = None
            self._state.counters.accepted(row.bot_id, row.method)
        else:
            row.error_code = int(answer.status)
            self._state.counters.rejected(row.bot_id, answer.reason)
        return answer

    async def _poll(self, call: Call, row: Row) -> Answer:
        updates = await self._polls.fetch(call)
        row.updates = len(updates)
        return accepted(b"[" + b",".join(update.body for update in updates) + b"]")


class _Registered:
    """Keeps the current task in a set while it serves a request."""

    __slots__ = ("_task", "_tasks")

    def __init__(self, tasks: set[asyncio.Task[Any]]) -> None:
        self._tasks = tasks
        self._task = asyncio.current_task()

    def __enter__(self) -> None:
        if self._task is not None:
            self._tasks.add(self._task)

    def __exit__(self, *_: object) -> None:
        if self._task is not None:
            self._tasks.discard(self._task)


@lru_cache(maxsize=4096)
def _target(raw_path: str) -> _Target | None:
    """Cached, since a bot calls few paths again and again."""
    path, _, query = raw_path.partition("?")
    if path.startswith(_DOWNLOADS):
        token, _, file_path = unquote(path).removeprefix(_DOWNLOADS).partition("/")
        return _Target(token, DOWNLOAD, urlencode({"file_path": file_path}))
    token, slash, method = unquote(path).removeprefix(_PREFIX).partition("/")
    if not (path.startswith(_PREFIX) and slash and method):
        return None
    return _Target(token, CANONICAL.get(method.lower(), method), query)


def _describe(row: Row, given: Parameters) -> None:
    if "chat_id" in given:
        row.chat_id = integer(given, "chat_id")
    if "text" in given or "caption" in given:
        row.text = text(given, "text") or text(given, "caption")
    if "offset" in given:
        row.offset = integer(given, "offset")
    row.uploads = sum(type(value) is Upload for value in given.values())


def _occasion(call: Call, row: Row) -> Occasion:
    chat = call.bot.conversations.get(row.chat_id or 0)
    message = 1 if chat is None else chat.from_bot + 1
    return Occasion(call.bot.id, row.chat_id, row.method.lower(), call.now_ms, message)


def _befall(kind: FaultKind, call: Call, row: Row) -> None:
    """Let happen what a fault has happen before the work; what cannot, because it has happened, does not."""
    match kind:
        case FaultKind.BLOCKS:
            perform(call.state, Act("block", call.bot.id, row.chat_id or 0), call.now_ms)
        case FaultKind.LEAVES:
            perform(call.state, Act("delete_account", call.bot.id, row.chat_id or 0), call.now_ms)
        case FaultKind.UNKNOWN_UPDATE:
            call.state.queue_unknown(call.bot)


def _send(row: Row, name: str, given: Parameters) -> Send:
    paid = "allow_paid_broadcast" in given and boolean(given, "allow_paid_broadcast")
    return Send(row.bot_id, row.chat_id or 0, row.method, messages_in(name, given), paid)


def _surely(wait_ms: int) -> float:
    """Seconds after which so many ms have passed, whatever was cut from either end."""
    return (wait_ms + 1) / 1000


async def _write(answer: Answer, request: web.BaseRequest) -> web.StreamResponse:
    """Write the answer here, not after the handler, so that the row ends when it is written."""
    response = answer.response()
    await response.prepare(request)
    await response.write_eof()
    return response


def _drop(connection: Connection) -> web.StreamResponse:
    if connection.transport is not None:
        connection.transport.abort()
    return web.Response()
