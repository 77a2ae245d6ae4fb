"""The Bot API port: /bot<token>/<method>, and /file/bot<token>/<path>.

A call goes one way: path, parameters, service, answer, row. aiohttp's low-level server is used, without router and
middlewares, which would double the cost of a call.
"""

import asyncio

from aiohttp import web

from bench.sandbox import errors
from bench.sandbox.bot_api.body import decode, read_parameters
from bench.sandbox.bot_api.connection import Connection, connection_of
from bench.sandbox.bot_api.exchange import Done, Exchange, asked_of
from bench.sandbox.bot_api.methods import CANONICAL
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.bot_api.request_log import RequestLog
from bench.sandbox.bot_api.response import Answer, DroppedError, refused
from bench.sandbox.bot_api.running import Running
from bench.sandbox.bot_api.service import Service
from bench.sandbox.bot_api.target import Target, read_target
from bench.sandbox.clock import Clock
from bench.sandbox.errors import ApiError
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.state import State

_NOT_AS_REPLY = frozenset({"setWebhook", "deleteWebhook", "close", "logOut"})


class BotApi:
    def __init__(self, state: State, service: Service, log: RequestLog, clock: Clock, running: Running) -> None:
        self._state = state
        self._service = service
        self._log = log
        self._clock = clock
        self._running = running

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = connection_of(request)
        connection.answered = None
        target = read_target(request.raw_path)
        if target is None:
            return refused(ApiError(errors.NOT_FOUND)).response()
        bot = self._state.bot_by_token(target.token)
        exchange = self._log.begin(bot.id if bot else 0, target.method)
        with self._running:
            return await self._recorded(request, connection, target, bot, exchange)

    async def reply(self, bot: Bot, kind: str, raw: bytes) -> None:
        """Serve the method that a webhook's answer names. The bot never hears what came of it."""
        given = _read_reply(kind, raw)
        method = CANONICAL.get(str(given.pop("method", "")).lower(), "")
        if not method or method in _NOT_AS_REPLY or method.startswith("get"):
            return
        exchange = self._log.begin(bot.id, method)
        exchange.asked = asked_of(given)
        try:
            await self._service.work(Call(self._state, bot, given, self._clock.now_ms()), exchange)
        finally:
            self._log.end(exchange)

    async def _recorded(
        self, request: web.BaseRequest, connection: Connection, target: Target, bot: Bot | None, exchange: Exchange
    ) -> web.StreamResponse:
        """Answer; however it ends, the exchange ends with it."""
        broken_off: str | None = "failure"
        try:
            answer = await self._answer(request, target, bot, exchange)
            response, broken_off = await _write(answer, request), None
        except DroppedError:
            response, broken_off = _drop(connection), "fault"
        except ConnectionError:
            response, broken_off = web.Response(), "client"
        except asyncio.CancelledError:
            broken_off = "closing" if self._running.closing else "client"
            raise
        finally:
            row = self._log.end(exchange, broken_off)
        connection.answered = None if broken_off else row
        return response

    async def _answer(self, request: web.BaseRequest, target: Target, bot: Bot | None, exchange: Exchange) -> Answer:
        try:
            given = await read_parameters(request, target.query)
            known = _require_bot(bot, target.token)
        except ApiError as error:
            return self._service.conclude(exchange, Done(refused(error)))
        exchange.asked = asked_of(given)
        return await self._service.serve(Call(self._state, known, given, self._clock.now_ms()), exchange)


def _require_bot(bot: Bot | None, token: str) -> Bot:
    if bot is None:
        raise ApiError(errors.UNAUTHORIZED if ":" in token else errors.INVALID_TOKEN)
    return bot


def _read_reply(kind: str, raw: bytes) -> Parameters:
    """What cannot be read names no method."""
    try:
        return decode(kind, raw)
    except (ApiError, UnicodeDecodeError):
        return {}


async def _write(answer: Answer, request: web.BaseRequest) -> web.StreamResponse:
    """Write the answer here, not after the handler, so that the exchange ends when it is written."""
    response = answer.response()
    await response.prepare(request)
    await response.write_eof()
    return response


def _drop(connection: Connection) -> web.StreamResponse:
    if connection.transport is not None:
        connection.transport.abort()
    return web.Response()
