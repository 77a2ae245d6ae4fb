"""An id for each request to the HTTP API: in its answer, in the body of an error, and in every line logged meanwhile.

A caller's own id is taken over, so that one id leads through both systems; only a short and plain one, since it is
written into a header and into the log. Requests that succeed are logged for debugging alone.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from aiohttp import web
from structlog.contextvars import bound_contextvars

from engine.runtime.telemetry import logger

HEADER: Final = "X-Request-Id"
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PATH: Final = "/v1"
_PLAIN: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_RANDOM_BYTES: Final = 9
_REQUEST_ID: Final = web.RequestKey("request_id", str)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Comes before all that may refuse, so that a refusal has its id too."""
    if not request.path.startswith(_PATH):
        return await handler(request)
    request_id = request[_REQUEST_ID] = _given(request) or secrets.token_urlsafe(_RANDOM_BYTES)
    with bound_contextvars(request_id=request_id):
        response = await handler(request)
        logger().debug("Request answered", route=_route(request), status=response.status)
    response.headers[HEADER] = request_id
    return response


def id_of(request: web.BaseRequest) -> str | None:
    """None for what is not the API's."""
    return request.get(_REQUEST_ID)


def _given(request: web.Request) -> str | None:
    """The caller's own id."""
    given = request.headers.getall(HEADER, [])
    return given[0] if len(given) == 1 and _PLAIN.fullmatch(given[0]) else None


def _route(request: web.Request) -> str:
    """The address without what the caller has put into it."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource else _PATH}"
