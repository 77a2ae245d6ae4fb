"""How the receiver refuses a request: `{"error": "<one sentence that names the mend>"}`.

Only a tracked link answers with the sentence alone, because people open it in a browser.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, TypeAlias

import msgspec
from aiohttp import hdrs, web

from engine.security import signed_links

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OF_THE_SERVER: Final = {
    HTTPStatus.NOT_FOUND: "There is no such address: check the path.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method: the Allow header names those it takes.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too long: send less at once.",
}


class Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """Raised by a handler: the answer to the request. The sentence names the mend."""

    def __init__(self, status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers or {}


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a refusal, ours or the server's own, in the one shape."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return _answer(request, refusal)
    except web.HTTPClientError as error:
        status = HTTPStatus(error.status)
        allowed = {"Allow": error.headers[hdrs.ALLOW]} if hdrs.ALLOW in error.headers else {}
        return _answer(request, Refusal(status, _OF_THE_SERVER.get(status, f"{status.phrase}."), allowed))


def _answer(request: web.Request, refusal: Refusal) -> web.Response:
    if request.path.startswith(f"{signed_links.PATH}/"):
        return web.Response(text=str(refusal), status=refusal.status, headers=refusal.headers)
    body = msgspec.json.encode({"error": str(refusal)})
    return web.Response(body=body, status=refusal.status, headers=refusal.headers, content_type="application/json")
