"""One request to the Bot API, and the whole answer to it: the only place that speaks HTTP to it, but for downloads.

Everything that may come of a request is a value. Only a connection that was never made certainly did not send. An error
of aiohttp may contain the URL and so the token: only the name of its type goes further. A redirect is never followed.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
    TCPConnector,
)
from aiohttp.hdrs import ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER

from engine.telegram.answer_body import MOST, is_redirect, read_body

JSON: Final[Mapping[str, str]] = {CONTENT_TYPE: "application/json"}
_NEVER_CONNECTED: Final = (ClientConnectorError, ConnectionTimeoutError)


class Response(NamedTuple):
    status: int
    body: bytes
    retry_after: str


class Redirected(NamedTuple):
    status: int


class NeverLeft(NamedTuple):
    """No connection was made, so nothing was sent."""

    why: str


class NoAnswer(NamedTuple):
    """The request was written, at least in part."""

    why: str


Exchanged: TypeAlias = Response | Redirected | NeverLeft | NoAnswer
Payload: TypeAlias = bytes | FormData


def open_http(connections: int) -> ClientSession:
    """Connections to the Bot API, which sets no cookies. Unpacking its short answers would cost more than it saves."""
    return ClientSession(
        connector=TCPConnector(limit=connections),
        cookie_jar=DummyCookieJar(),
        headers={ACCEPT_ENCODING: "identity"},
    )


async def exchange(
    session: ClientSession,
    url: str,
    payload: Payload,
    timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp ends the request itself
    headers: Mapping[str, str] | None = None,
    most: int = MOST,
) -> Exchanged:
    """Post the payload, and read the answer up to `most` bytes."""
    try:
        async with session.post(url, data=payload, headers=headers, timeout=timeout, allow_redirects=False) as response:
            if is_redirect(response.status):
                return Redirected(response.status)
            return Response(response.status, await read_body(response, most), response.headers.get(RETRY_AFTER, ""))
    except _NEVER_CONNECTED as error:
        return NeverLeft(type(error).__name__)
    except (TimeoutError, ClientError) as error:
        return NoAnswer(type(error).__name__)
