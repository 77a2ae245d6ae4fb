"""How the receiver refuses a request: `{"error": "<one sentence that names the mend>"}`, and its id if it has one.

Only a tracked link answers with the sentence alone, because people open it in a browser. An unknown path, a wrong
method, an unknown bot and a wrong secret get the same answer, so that nobody learns which bots there are.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from engine.receiver.http.request_ids import Handler, id_of
from engine.receiver.http.turned_away import Why
from engine.runtime.telemetry import logger
from engine.security import signed_links

_NOWHERE: Final = "There is no such address, or the request does not prove that it may go there: check both."
_WHY: Final = web.ResponseKey("why", Why)
_OVER_LIMIT: Final = web.ResponseKey("over_limit", bool)


class Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """Raised by a handler: the answer to the request. The sentence names the mend; `why` is counted.

    `over_limit`: the caller sends too much, so that the answer is held back for a moment.
    """

    def __init__(
        self,
        status: HTTPStatus,
        sentence: str,
        headers: Mapping[str, str] | None = None,
        why: Why | None = None,
        *,
        over_limit: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers: Mapping[str, str] = headers or {}
        self.why = why
        self.over_limit = over_limit


def nowhere(why: Why) -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, _NOWHERE, why=why)


def failed(error: BaseException | None) -> Refusal:
    """The answer to a request that our own code failed at; the error is logged."""
    logger().error("Request failed", exc_info=error)
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The receiver failed at this request, and its log says where: repeat the request.",
    )


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a refusal, ours or the server's own, in the one shape."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return answer(request, refusal)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return answer(request, nowhere(Why.UNKNOWN_ADDRESS))
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - the log has the error, and the caller an answer with the same id
        return answer(request, failed(error))


def answer(request: web.BaseRequest, refusal: Refusal) -> web.Response:
    if request.path.startswith(f"{signed_links.PATH}/"):
        response = web.Response(text=str(refusal), status=refusal.status, headers=refusal.headers)
    else:
        request_id = id_of(request)
        body = msgspec.json.encode({"error": str(refusal)} | ({"request_id": request_id} if request_id else {}))
        response = web.Response(
            body=body, status=refusal.status, headers=refusal.headers, content_type="application/json"
        )
    if refusal.why:
        response[_WHY] = refusal.why
    response[_OVER_LIMIT] = refusal.over_limit
    return response


def reason_of(response: web.StreamResponse) -> Why | None:
    """Why somebody was turned away, if this answer does that."""
    return response.get(_WHY) if _is_refusal(response) else None


def is_over_limit(response: web.StreamResponse) -> bool:
    return _is_refusal(response) and response.get(_OVER_LIMIT) is True


def _is_refusal(response: web.StreamResponse) -> bool:
    """Asked first: a look for what a good answer never carries raises an error inside aiohttp, each time."""
    return response.status >= HTTPStatus.BAD_REQUEST
