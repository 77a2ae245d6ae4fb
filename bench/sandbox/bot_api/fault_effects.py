"""What a fault does to a call: before the work, to a good answer, or in place of an answer."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from bench.sandbox import errors
from bench.sandbox.bot_api.response import Answer, DroppedError, refused
from bench.sandbox.errors import ApiError, Refusal
from bench.sandbox.protocol import Act, Deed, Fault, FaultKind
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.state import State

_GATEWAY_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_NO_DESCRIPTION = b'{"ok":false,"error_code":500}'
_UNKNOWN_FIELD = {"field_of_tomorrow": {"depth": [1]}}
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
_DEEDS: dict[FaultKind, Deed] = {FaultKind.BLOCKS: "block", FaultKind.LEAVES: "delete_account"}

# Makes a person act, at a time in ms; an act that is impossible, because it has happened, changes nothing.
Perform = Callable[[State, Act, int], object]


def happen_before(kind: FaultKind, state: State, bot: Bot, person: int, now_ms: int, perform: Perform) -> None:
    """Make happen what this fault has happen before the work."""
    if kind is FaultKind.UNKNOWN_UPDATE:
        state.queue_unknown(bot)
    elif kind in _DEEDS:
        perform(state, Act(_DEEDS[kind], bot.id, person), now_ms)


async def answer_instead(fault: Fault) -> Answer:
    """Answer a call that is not served. Raises DroppedError for one that gets no answer; a hanging one never ends."""
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


def damaged(kind: FaultKind, body: bytes | bytearray) -> bytes | bytearray:
    """Damage good JSON as this fault does."""
    match kind:
        case FaultKind.TRUNCATED:
            return body[: len(body) // 2]
        case FaultKind.UNKNOWN_FIELDS:
            return msgspec.json.encode(_with_unknown_fields(msgspec.json.decode(body)))
    return body


def _flood(retry_after: int | None) -> ApiError:
    return ApiError(errors.FLOOD) if retry_after is None else errors.too_many_requests(retry_after)


def _with_unknown_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_unknown_fields(one) for name, one in value.items()} | _UNKNOWN_FIELD
    return [_with_unknown_fields(one) for one in value] if isinstance(value, list) else value
