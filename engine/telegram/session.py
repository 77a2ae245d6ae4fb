"""aiogram's session made cheap, and without its traps: every answer is a value.

A call is sent as JSON, unless it carries a file, and its answer is not turned into a model: that saves three quarters
of the cost of a call. For aiogram an HTML page, a truncated body and a success unknown to its models are the same
error, and a refusal without a description is a mistake in the program; here the answer itself is read. Only a
connection that was never made certainly did not send. An error of aiohttp may contain the URL and so the token: only
the name of its type goes further.
"""

import re
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import TelegramMethod
from aiogram.types import InputFile
from aiohttp import ClientConnectorError, ClientError, ClientTimeout, ConnectionTimeoutError
from aiohttp.hdrs import CONTENT_TYPE, RETRY_AFTER

from engine.runtime.resources import most_files
from engine.telegram.answer_body import is_redirect, read_body
from engine.telegram.refused_call import UNREADABLE

TIMEOUT_S: Final = 30
SLOWEST_UPLOAD: Final = 512 * 1024
"""Bytes per second that the connection to Telegram carries at least; an upload may take that much longer."""
MOST_UPLOADED: Final = 50 * 1024 * 1024
"""Telegram accepts no larger request."""
LONGEST_S: Final = TIMEOUT_S + MOST_UPLOADED // SLOWEST_UPLOAD
"""No call takes longer, so nobody needs to wait longer for the end of a send."""
_CONNECT_S: Final = 5
_OTHER_FILES: Final = 256
"""Files beside the connections to Telegram: connections to Redis and PostgreSQL, and files to upload."""
_FEWEST_CONNECTIONS: Final = 100
_NEVER_CONNECTED: Final = (ClientConnectorError, ConnectionTimeoutError)
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)
_JSON: Final = {CONTENT_TYPE: "application/json"}


class Accepted(NamedTuple):
    """The result, undecoded: most of it is not needed."""

    result: msgspec.Raw


class ApiError(NamedTuple):
    """Telegram's own refusal."""

    code: int
    description: str
    retry_after_s: int | None


class Unreadable(NamedTuple):
    """Something answered, but not as the Bot API does."""

    status: int
    retry_after_s: int | None


class NeverLeft(NamedTuple):
    """No connection was made, so nothing was sent."""


class NoAnswer(NamedTuple):
    """The request was written, at least in part."""

    why: str


Answer: TypeAlias = Accepted | ApiError | Unreadable | NeverLeft | NoAnswer


class _Parameters(msgspec.Struct, frozen=True):
    retry_after: int | None = None


class _Body(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw()
    error_code: int | None = None
    description: str = ""
    parameters: _Parameters = _Parameters()


_decode: Final = msgspec.json.Decoder(_Body).decode


class Session(AiohttpSession):
    def __init__(self, api_url: str, timeout_s: float) -> None:
        """Allow a connection for every call: a bot with slow answers must not make another bot wait."""
        connections = max(_FEWEST_CONNECTIONS, most_files() - _OTHER_FILES)
        super().__init__(api=TelegramAPIServer.from_base(api_url), limit=connections, timeout=timeout_s)

    async def ask(self, bot: Bot, method: TelegramMethod[Any], upload_bytes: int = 0) -> Answer:
        """Make a call; an upload may take longer, depending on its size."""
        longer_s = min(upload_bytes, MOST_UPLOADED) // SLOWEST_UPLOAD
        answer: Answer = await self.make_request(bot, method, longer_s)
        return answer

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ASYNC109 - aiogram's signature
        session = await self.create_session()
        request = self._request(bot, method, self.timeout + (timeout or 0))
        try:
            async with session.post(**request) as response:
                if is_redirect(response.status):
                    return Unreadable(response.status, None)
                return _read(response.status, await read_body(response), response.headers.get(RETRY_AFTER, ""))
        except _NEVER_CONNECTED:
            return NeverLeft()
        except (TimeoutError, ClientError) as error:
            return NoAnswer(type(error).__name__)

    async def close(self) -> None:
        """Aiohttp waits for its connections, so the quarter of a second that aiogram adds is not needed."""
        if self._session is not None:
            await self._session.close()

    def _request(self, bot: Bot, method: TelegramMethod[Any], timeout_s: float) -> dict[str, Any]:
        request = {
            "url": self.api.api_url(bot.token, method.__api_method__),
            "timeout": ClientTimeout(timeout_s, connect=_CONNECT_S),
            "allow_redirects": False,
        }
        fields = method.model_dump(exclude_unset=True, exclude_none=True, warnings=False)
        if _has_file(fields):
            return {**request, "data": self.build_form_data(bot, method)}
        return {**request, "data": msgspec.json.encode(fields), "headers": _JSON}


def _has_file(fields: dict[str, Any]) -> bool:
    album = fields.get("media", ())
    return any(isinstance(value, InputFile) for value in (*fields.values(), *(item["media"] for item in album)))


def _read(status: int, content: bytes, retry_after: str) -> Answer:
    after_s = int(retry_after) if _SECONDS.fullmatch(retry_after) else None
    try:
        body = _decode(content)
    except UNREADABLE:
        return Unreadable(status, after_s)
    if body.ok:
        return Accepted(body.result)
    return ApiError(body.error_code or status, body.description, body.parameters.retry_after or after_s)
