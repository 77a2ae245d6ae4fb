"""What goes back over the wire: a result, a refusal, or the ruin that a fault makes of it."""

import asyncio
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from bench.sandbox import errors
from bench.sandbox.errors import ApiError, Refusal
from bench.sandbox.protocol import Fault, FaultKind

_JSON = "application/json"
_GATEWAY_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_NO_DESCRIPTION = b'{"ok":false,"error_code":500}'
_FIELD_OF_TOMORROW = {"field_of_tomorrow": {"depth": [1]}}
_REFUSALS: dict[FaultKind, Refusal] = {
    FaultKind.BLOCKED: errors.BLOCKED,
    FaultKind.DEACTIVATED: errors.DEACTIVATED,
    FaultKind.CHAT_NOT_FOUND: errors.CHAT_NOT_FOUND,
    FaultKind.BAD_REQUEST: errors.TEXT_TOO_LONG,
    FaultKind.WRONG_FILE: errors.WRONG_FILE,
    FaultKind.TOO_LARGE: errors.ENTITY_TOO_LARGE,
    FaultKind.UNAUTHORIZED: errors.UNAUTHORIZED,
    FaultKind.INTERNAL_ERROR: errors.INTERNAL,
    FaultKind.RESTART: errors.RESTART,
}


class DroppedError(Exception):
    """The connection is to be closed without an answer."""


class Answer(NamedTuple):
    status: int
    body: bytes | bytearray
    retry_after: int | None = None
    content_type: str = _JSON
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.status == HTTPStatus.OK

    def response(self) -> web.Response:
        headers = {"Content-Type": self.content_type}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return web.Response(status=self.status, body=self.body, headers=headers)


def accepted(result: bytes, description: str | None = None) -> Answer:
    told = b"" if description is None else b',"description":' + msgspec.json.encode(description)
    return Answer(HTTPStatus.OK, b'{"ok":true,"result":' + result + told + b"}")


def refused(error: ApiError) -> Answer:
    code, description = error.refusal
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    return Answer(code, msgspec.json.encode(body), error.retry_after, reason=description)


async def spoiled(fault: Fault) -> Answer:
    """Answer, or not, a call that is not served at all."""
    match fault.kind:
        case FaultKind.DROP_BEFORE_ACCEPT:
            raise DroppedError
        case FaultKind.HANG:
            await asyncio.get_running_loop().create_future()
        case FaultKind.TOO_MANY_REQUESTS:
            return refused(_flood(fault.retry_after))
        case FaultKind.NO_DESCRIPTION:
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, _NO_DESCRIPTION, reason="no description")
        case FaultKind.BAD_GATEWAY:
            return Answer(HTTPStatus.BAD_GATEWAY, _GATEWAY_PAGE, content_type="text/html", reason="Bad Gateway")
    return refused(ApiError(_REFUSALS[fault.kind]))


def _flood(retry_after: int | None) -> ApiError:
    return ApiError(errors.FLOOD) if retry_after is None else errors.too_many_requests(retry_after)


def damaged(kind: FaultKind, body: bytes | bytearray) -> bytes | bytearray:
    """What a fault makes of JSON that was well."""
    match kind:
        case FaultKind.TRUNCATED:
            return body[: len(body) // 2]
        case FaultKind.UNKNOWN_FIELDS:
            return msgspec.json.encode(_with_unknown_fields(msgspec.json.decode(body)))
    return body


def _with_unknown_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_unknown_fields(one) for name, one in value.items()} | _FIELD_OF_TOMORROW
    return [_with_unknown_fields(one) for one in value] if isinstance(value, list) else value
