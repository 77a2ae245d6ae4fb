"""The receiver's HTTP server: updates by webhook, health checks, and the routes that others add.

An update is answered with 200 only when its effect stands; anything else makes Telegram deliver it again. Addresses
hold no token: the bot's number leads to it, and its secret proves that the request comes from Telegram.
"""

import asyncio
import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Final, NamedTuple

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from engine.core.errors import OverloadError, UnreachableError
from engine.receiver.events import Event
from engine.receiver.http.at_once import AtOnce
from engine.receiver.http.body import read_body, refuse_packed
from engine.receiver.http.connection import recognise
from engine.receiver.http.connection_limits import bounds_for
from engine.receiver.http.listener import Listener
from engine.receiver.http.refusal import Refusal, nowhere, refuse
from engine.receiver.http.request_ids import Handler, identify
from engine.receiver.http.slow_down import slow_down
from engine.receiver.http.turned_away import Why
from engine.receiver.updates import read_update, report_bad
from engine.receiver.webhook_feed import PATH
from engine.runtime.resources import most_files
from engine.runtime.telemetry import logger

MAX_BODY: Final = 1024 * 1024
TAKE_S: Final = 2.0
"""How long an update may take once it has arrived; then Telegram is asked to deliver it again."""
_SECRET: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_AGAIN: Final = {"Retry-After": "1"}
_DIGITS: Final = 20
_ADDRESS: Final = re.compile(rf"{PATH}/\d+", re.ASCII)


class WebhookIntake(NamedTuple):
    """What the server needs of the receiver. `secrets` of an unknown bot is None.

    `take` (bot, number, event) raises UnreachableError. `started`: the bots are known. `overloaded` is told of each
    update that is refused because its bot has too many under way.
    """

    secrets: Callable[[int], list[str] | None]
    take: Callable[[int, int, Event | None], Awaitable[None]]
    started: Callable[[], bool]
    ready: Callable[[], bool]
    overloaded: Callable[[int], None]


class HttpServer:
    """`port` None: the server does not listen."""

    def __init__(self, bots: WebhookIntake, host: str, port: int | None, more: Sequence[web.RouteDef] = ()) -> None:
        self._bots = bots
        self._host = host
        self._port = port
        self._more = more
        self._at_once = AtOnce(self._too_many)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the block lasts; then answer what has arrived. Raises SettingsError."""
        if self._port is None:
            yield
            return
        around = [slow_down(), refuse, refuse_packed]
        listener = Listener(self._application(around), bounds_for(most_files()), self._updates_first(around))
        async with listener.listening(self._host, self._port):
            yield

    def _updates_first(self, around: Sequence[Middleware]) -> Callable[[Handler], Handler]:
        """Updates are most of what comes: they skip the search for a route, which costs as much as half of the rest."""
        update: Handler = self._update
        for middleware in reversed(around):
            update = partial(middleware, handler=update)

        def choose(otherwise: Handler) -> Handler:
            return lambda request: (update if _is_plainly_an_update(request) else otherwise)(request)

        return choose

    def _application(self, around: Sequence[Middleware]) -> web.Application:
        application = web.Application(middlewares=[identify, *around])
        application.add_routes(
            [
                web.post(f"{PATH}/{{bot}}", self._update),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                *self._more,
            ]
        )
        return application

    async def _update(self, request: web.Request) -> web.Response:
        if not self._bots.started():
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The receiver is starting: deliver it again.", _AGAIN)
        bot_id = _number(request.rel_url.path_safe.rpartition("/")[2])
        if not _proves(request.headers.get(_SECRET, ""), self._bots.secrets(bot_id) or []):
            raise nowhere(Why.UNPROVED_UPDATE)
        recognise(request)
        try:
            with self._at_once.place(bot_id):
                body = await read_body(request, MAX_BODY)
                async with asyncio.timeout(TAKE_S):
                    return await self._take(bot_id, body)
        except OverloadError as error:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error), _AGAIN) from error
        except (UnreachableError, OSError) as error:
            logger().warning("Update not taken", bot=bot_id, error=error)
            sentence = "Redis or PostgreSQL does not answer in time: deliver it again."
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, sentence, _AGAIN) from error

    def _too_many(self, bot_id: int) -> Refusal:
        self._bots.overloaded(bot_id)
        sentence = "Too many updates of this bot are under way: deliver it again."
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, sentence, _AGAIN, over_limit=True)

    async def _take(self, bot_id: int, body: bytes) -> web.Response:
        """An update that cannot be read is left out, so that it does not hold back those behind it."""
        number, event, bad = read_update(body)
        if number is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "This is not an update: send the Bot API's Update as JSON.")
        if bad:
            report_bad(logger().bind(bot=bot_id), [bad])
        await self._bots.take(bot_id, number, event)
        return web.Response()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _readyz(self, _: web.Request) -> web.Response:
        if not self._bots.ready():
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "The receiver is not ready: Redis or PostgreSQL does not answer."
            )
        return web.Response(text="ok")


def _is_plainly_an_update(request: web.Request) -> bool:
    """Any other spelling of the address finds its route."""
    return request.method == hdrs.METH_POST and _ADDRESS.fullmatch(request.raw_path) is not None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0


def _proves(shown: str, secrets: list[str]) -> bool:
    """Each comparison takes constant time."""
    return any(hmac.compare_digest(shown.encode(errors="replace"), secret.encode()) for secret in secrets)
