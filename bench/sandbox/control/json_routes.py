"""How the control port reads and answers requests: JSON in, JSON out, and every refusal is a sentence."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from bench.sandbox import protocol

_Struct = TypeVar("_Struct")
_Number = TypeVar("_Number", int, float)
_encode = msgspec.json.Encoder().encode


def answer(content: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=_encode(content), content_type="application/json")


async def body(request: web.Request, kind: type[_Struct]) -> _Struct:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error


def number(request: web.Request, name: str) -> int:
    return _converted(int, name, request.query.get(name, "0"))


def path_number(request: web.Request, name: str) -> int:
    return _converted(int, name, request.match_info[name])


def wait(request: web.Request) -> float:
    return _converted(float, "wait", request.query.get("wait", "0"))


def _converted(kind: type[_Number], name: str, given: str) -> _Number:
    try:
        return kind(given)
    except ValueError as error:
        raise ValueError(f"{name} must be a number, not {given!r}") from error


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return answer(protocol.ControlError(error.reason), error.status)
    except LookupError as error:
        return answer(protocol.ControlError(str(error)), 404)
    except (ValueError, msgspec.MsgspecError) as error:
        return answer(protocol.ControlError(str(error)), 400)
