"""One connection to the receiver: aiohttp's own, and what a server on the open internet needs besides.

Nothing is unpacked. Nobody who has not proved who they are is asked for a body, or has it read: the answer goes out,
and the connection is closed. Only a request that was `recognise`d leaves its connection open for the next one. A head
is short, and every answer has the same headers and the same shape, those of the parser's own refusals too.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final, Protocol, cast

from aiohttp import StreamReader, web

from engine.receiver.http.connection_limits import Stage
from engine.receiver.http.refusal import Refusal, answer, failed, reason_of
from engine.receiver.http.turned_away import Why

MOST_HEAD: Final = 32 * 1024
"""How much may come without a whole head of a request in it."""
_IN_NO_HEAD: Final = b"\0\r\n\r\n"
"""Wherever in a head it stands, the parser gives up."""
_RECOGNISED: Final = web.RequestKey("recognised", bool)
_OF_EVERY_ANSWER: Final = {"Server": "recovery", "X-Content-Type-Options": "nosniff"}


def recognise(request: web.Request) -> None:
    """The caller has proved who it is: its body may be read, and its connection kept."""
    request[_RECOGNISED] = True


def is_recognised(request: web.BaseRequest) -> bool:
    return bool(request.get(_RECOGNISED, False))


class Door(Protocol):
    """Decides how long connections stay; it closes them by `drop`."""

    def admit(self, connection: "Connection", address: str) -> bool: ...

    def move(self, connection: "Connection", stage: Stage) -> None: ...

    def forget(self, connection: "Connection") -> None: ...

    def turn_away(self, why: Why) -> None: ...


class Connection(web.RequestHandler):
    def __init__(self, server: web.Server, door: Door) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=cast("Any", None),
            auto_decompress=False,
            keepalive_timeout=Stage.RESTING.most_s,
            lingering_time=0,
        )
        self._door = door
        self._stream: asyncio.Transport
        self._awaits_head = True
        self._heard = 0

    def drop(self) -> None:
        """Close it without waiting for what is still to be written."""
        self._stream.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stream = cast("asyncio.Transport", transport)
        address, *_ = self._stream.get_extra_info("peername") or ("",)
        if self._door.admit(self, address):
            super().connection_made(transport)
        else:
            self.drop()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._door.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._request_count
        super().data_received(data)
        if self._request_count > before:
            self._awaits_head = False
            self._door.move(self, Stage.ANSWERING)
        elif self._awaits_head:
            self._measure_head(len(data))

    def _measure_head(self, length: int) -> None:
        self._heard += length
        if self._heard > MOST_HEAD:
            super().data_received(_IN_NO_HEAD)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        is_read = request.content.is_eof()
        stays = is_recognised(request) and is_read
        resp.headers.update(_OF_EVERY_ANSWER)
        if why := reason_of(resp):
            self._door.turn_away(why)
        if not stays:
            resp.force_close()
        finished = await super().finish_response(request, resp, start_time)
        if not is_read:
            self._leave(request.content)
        elif stays and not self._messages:
            self._rest()
        return finished

    def _rest(self) -> None:
        self._awaits_head, self._heard = True, 0
        self._door.move(self, Stage.RESTING)

    def _leave(self, content: StreamReader) -> None:
        """The answer may arrive before the end: what nobody reads would reset the connection at once.

        aiohttp lets go of the transport, and the door closes it in a moment. What came with the head is forgotten.
        """
        if self.transport is None or self.transport.is_closing():
            return
        if content.exception() is None:
            content.read_nowait()
        self.transport = None
        self._stream.pause_reading()
        self._stream.write_eof()
        self._door.move(self, Stage.LEAVING)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's own, which quotes the request
    ) -> web.StreamResponse:
        """Answer what the parser refuses, and what a handler failed at."""
        response = answer(request, self._refusal_of(HTTPStatus(status), exc))
        response.force_close()
        return response

    def _refusal_of(self, status: HTTPStatus, error: BaseException | None) -> Refusal:
        if self._heard > MOST_HEAD:
            return Refusal(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"The head of the request is longer than {MOST_HEAD // 1024} KiB: send fewer or shorter headers.",
                why=Why.LONG_HEAD,
            )
        if status == HTTPStatus.BAD_REQUEST:
            sentence = "This is not an HTTP/1.1 request: check its first line and its headers."
            return Refusal(status, sentence, why=Why.UNREADABLE)
        return failed(error)
