"""aiogram's session made cheap, and rid of its traps: whatever comes back over the wire is a value.

A call goes out as JSON, unless it carries a file, and no model is made of its answer: that is three quarters of what a
call costs. aiogram takes an HTML page, a truncated body and a success that its models do not know for the same error,
and a refusal without a description for a mistake in the program; here the answer itself is read. Only a connection that
was never made surely did not send. An error of aiohttp may tell the URL and so the token: nothing of it goes further
than the name of its type.
"""

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

TIMEOUT_S: Final = 30
SLOWEST_UPLOAD: Final = 512 * 1024
"""Bytes a second that the line to Telegram carries at least; an upload may take so much longer than a plain call."""
MOST_UPLOADED: Final = 50 * 1024 * 1024
"""Telegram takes no request that is bigger."""
LONGEST_S: Final = TIMEOUT_S + MOST_UPLOADED // SLOWEST_UPLOAD
"""No call takes longer: whoever waits for the end of a send need not wait longer either."""
_CONNECT_S: Final = 5
_OTHER_FILES: Final = 256
"""What a process opens beside its connections to Telegram: those to Redis and PostgreSQL, and files to upload."""
_FEWEST_CONNECTIONS: Final = 100
_NEVER_CONNECTED: Final = (ClientConnectorError, ConnectionTimeoutError)
_JSON: Final = {CONTENT_TYPE: "application/json"}


class Accepted(NamedTuple):
    """The result as it came: most of it interests nobody."""

    result: msgspec.Raw


class ApiError(NamedTuple):
    code: int
    description: str
    retry_after_s: int | None


class Unreadable(NamedTuple):
    """Something answered, but not in the Bot API's words."""

    status: int
    retry_after_s: int | None


class NeverLeft(NamedTuple):
    """There was no connection to write to."""


class NoAnswer(NamedTuple):
    """It was written, at least in part."""

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
        """There is room for all: a bot whose answers take long must not let another one wait for a connection."""
        connections = max(_FEWEST_CONNECTIONS, most_files() - _OTHER_FILES)
        super().__init__(api=TelegramAPIServer.from_base(api_url), limit=connections, timeout=timeout_s)

    async def ask(self, bot: Bot, method: TelegramMethod[Any], upload_bytes: int = 0) -> Answer:
        """Make a call; an upload may take longer, by its size."""
        longer_s = min(upload_bytes, MOST_UPLOADED) // SLOWEST_UPLOAD
        answer: Answer = await self.make_request(bot, method, longer_s)
        return answer

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ASYNC109 - aiogram's signature
        session = await self.create_session()
        request = self._request(bot, method, self.timeout + (timeout or 0))
        try:
            async with session.post(**request) as response:
                return _read(response.status, await response.read(), response.headers.get(RETRY_AFTER, ""))
        except _NEVER_CONNECTED:
            return NeverLeft()
        except (TimeoutError, ClientError) as error:
            return NoAnswer(type(error).__name__)

    async def close(self) -> None:
        """Aiohttp waits for its connections; the quarter of a second that aiogram adds is not needed any more."""
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
    after_s = int(retry_after) if retry_after.isdecimal() else None
    try:
        body = _decode(content)
    except msgspec.DecodeError:
        return Unreadable(status, after_s)
    if body.ok:
        return Accepted(body.result)
    return ApiError(body.error_code or status, body.description, body.parameters.retry_after or after_s)
