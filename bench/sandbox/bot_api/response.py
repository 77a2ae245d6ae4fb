"""What goes back to the client: a result or a refusal, as HTTP."""

from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from bench.sandbox.errors import ApiError

_JSON = "application/json"


class DroppedError(Exception):
    """The connection is closed without an answer."""


class Answer(NamedTuple):
    """`reason` is the description of a refusal, by which refusals are counted."""

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
    described = b"" if description is None else b',"description":' + msgspec.json.encode(description)
    return Answer(HTTPStatus.OK, b'{"ok":true,"result":' + result + described + b"}")


def refused(error: ApiError) -> Answer:
    code, description = error.refusal
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    return Answer(code, msgspec.json.encode(body), error.retry_after, reason=description)
