"""The port on which Prometheus asks for the metrics: a thread per request, for a moment, and never many.

The library's own server would keep a thread for every connection that asks nothing.
"""

import sys
from threading import BoundedSemaphore, Thread
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from engine.runtime.telemetry import logger

_LOOPBACK: Final = "127.0.0.1"
MOST: Final = 32
"""Connections at a time."""
PATIENCE_S: Final = 2.0


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: a request is no event."""


class _Server(ThreadingWSGIServer):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._free = BoundedSemaphore(MOST)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's signature
        """A caller who hangs up or asks nothing is none of our errors."""
        error = sys.exception()
        if not isinstance(error, OSError):
            logger().error("Metrics not served", exc_info=error)


def listen(port: int) -> None:
    """Raises OSError."""
    server = make_server(_LOOPBACK, port, make_wsgi_app(), _Server, _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
