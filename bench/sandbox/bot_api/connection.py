"""HTTP connections that know whether their last answer was read.

A client that dies leaves traces. If its handler is still at work, aiohttp cancels the handler or refuses the write.
If the answer is written but unread, the kernel resets the connection, which is then lost with an error. A client that
fetched the answer and died before using it leaves a plain close: the row then says when that was.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from bench.sandbox.protocol import Row


class OnClose(Protocol):
    """Called with the last answered row of a connection that the client closed; `unread` if it was a reset."""

    def __call__(self, row: Row, *, unread: bool) -> None: ...


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Connection(web.RequestHandler):
    """`answered` is the row of the last answer, until the next request shows that the answer was read."""

    answered: Row | None = None
    on_close: OnClose

    def connection_lost(self, exc: BaseException | None) -> None:
        if self.answered is not None and not self._force_close:
            self.on_close(self.answered, unread=exc is not None)
        super().connection_lost(exc)


class ConnectionServer(web.Server):
    def __init__(self, handler: Handler, on_close: OnClose) -> None:
        super().__init__(handler, handler_cancellation=True, access_log=None)
        self._on_close = on_close

    def __call__(self) -> Connection:
        connection = Connection(self, loop=self._loop, **self._kwargs)
        connection.on_close = self._on_close
        return connection


def connection_of(request: web.BaseRequest) -> Connection:
    protocol: Any = request.protocol
    if not isinstance(protocol, Connection):
        raise TypeError("the Bot API port only serves its own connections")
    return protocol
