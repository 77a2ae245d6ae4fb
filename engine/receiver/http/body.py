"""The body of a request: plain, short, quick, and read only after the caller has proved who it is."""

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final, TypeAlias

from aiohttp import HttpVersion11, StreamReader, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage

from engine.receiver.http.connection import is_recognised
from engine.receiver.http.refusal import Refusal
from engine.receiver.http.request_ids import Handler
from engine.receiver.http.turned_away import Why

MakeRequest: TypeAlias = Callable[
    [RawRequestMessage, StreamReader, web.RequestHandler, AbstractStreamWriter, "asyncio.Task[None]"], web.BaseRequest
]

BODY_S: Final = 2.0
"""How long a body may take to arrive."""
_WAITS: Final = web.RequestKey("waits", bool)
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


@web.middleware
async def refuse_packed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A few hundred kilobytes may unpack to gigabytes, so nothing is unpacked for anybody."""
    headers = request.headers
    names_a_coding = hdrs.CONTENT_ENCODING in headers or hdrs.TRANSFER_ENCODING in headers
    if names_a_coding and is_packed(
        headers.getall(hdrs.CONTENT_ENCODING, ()), headers.getall(hdrs.TRANSFER_ENCODING, ())
    ):
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "The body is compressed: send it as it is, without Content-Encoding.",
            why=Why.PACKED_BODY,
        )
    return await handler(request)


def is_packed(content: Iterable[str], transfer: Iterable[str] = ()) -> bool:
    """Of all the lines of Content-Encoding and Transfer-Encoding."""
    return not (_codings(content) <= {"identity"} and _codings(transfer) <= {"identity", "chunked"})


def invite_nobody_yet(make: MakeRequest) -> MakeRequest:
    """Leave `Expect: 100-continue` to `read_body`: aiohttp would answer it before anybody is known."""

    def make_request(
        message: RawRequestMessage,
        payload: StreamReader,
        connection: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        expected = message.headers.get(hdrs.EXPECT)
        if expected is None:
            return make(message, payload, connection, writer, task)
        headers = message.headers.copy()
        headers.popall(hdrs.EXPECT)
        request = make(message._replace(headers=type(message.headers)(headers)), payload, connection, writer, task)
        request[_WAITS] = expected.lower() == "100-continue" and message.version >= HttpVersion11
        return request

    return make_request


async def read_body(request: web.Request, most: int) -> bytes:
    """At most so many bytes of a recognised caller. Raises Refusal."""
    if not is_recognised(request):
        raise RuntimeError("The body of an unknown caller is not read")
    if (request.content_length or 0) > most:
        raise _too_long(most)
    try:
        if request.content.is_eof():
            return _take_whole(request.content, most)
        await _invite(request)
        async with asyncio.timeout(BODY_S):
            return await _read(request, most)
    except TimeoutError as error:
        sentence = f"The body did not arrive within {BODY_S:g} seconds: send it at once."
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, sentence) from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Refusal(
            HTTPStatus.BAD_REQUEST, "The body breaks off or is not chunked rightly: send it whole."
        ) from error


def _take_whole(content: StreamReader, most: int) -> bytes:
    """A body that has arrived with its head, as most do, needs no time limit."""
    if content.total_bytes > most:
        raise _too_long(most)
    return content.read_nowait()


async def _read(request: web.Request, most: int) -> bytes:
    parts: list[bytes] = []
    length = 0
    while part := await request.content.read(most + 1 - length):
        parts.append(part)
        length += len(part)
        if length > most:
            raise _too_long(most)
    return b"".join(parts)


async def _invite(request: web.Request) -> None:
    if request.get(_WAITS) and not request.content.total_bytes:
        await request.writer.write(_GO_ON)
        request.writer.output_size = 0


def _codings(lines: Iterable[str]) -> set[str]:
    return {coding.strip().lower() for line in lines for coding in line.split(",")} - {""}


def _too_long(most: int) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is longer than {most // 1024} KiB: send less at once."
    )
