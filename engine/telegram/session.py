"""The poller's calls of the Bot API: every answer is a value.

A call is sent as JSON, unless it carries a file, and of its answer only what is needed is decoded. An HTML page, a
truncated body, a refusal without a description are answers like any other. `exchange` says what may come of the
request itself.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias, assert_never

import msgspec
from aiohttp import ClientTimeout, FormData

from engine.media.uploads import Upload
from engine.runtime.resources import most_files
from engine.telegram.exchange import JSON, NeverLeft, NoAnswer, Redirected, Response, exchange, open_http
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
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)


class Call(NamedTuple):
    """A method of the Bot API with its parameters. A parameter names a file as `attach://` with its key in `files`."""

    method: str
    fields: Mapping[str, Any] = {}
    files: Mapping[str, Upload] = {}


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
_encode: Final = msgspec.json.Encoder().encode


class Session:
    """`timeout_s`: how long to wait for the answer to a plain call. Made inside a running event loop."""

    def __init__(self, api_url: str, timeout_s: float = TIMEOUT_S) -> None:
        """Allow a connection for every call: a bot with slow answers must not make another bot wait."""
        self._http = open_http(max(_FEWEST_CONNECTIONS, most_files() - _OTHER_FILES))
        self._timeout_s = timeout_s
        self._plain = time_limit(timeout_s)
        self._base = f"{api_url.rstrip('/')}/bot"

    async def ask(self, token: str, call: Call) -> Answer:
        """Make a call; an upload may take longer, depending on its size."""
        url = f"{self._base}{token}/{call.method}"
        if call.files:
            return await self._upload(url, call)
        return _answer(await exchange(self._http, url, _encode(call.fields), self._plain, JSON))

    async def close(self) -> None:
        await self._http.close()

    async def _upload(self, url: str, call: Call) -> Answer:
        """Files are read piece by piece as they are sent."""
        limit = time_limit(self._timeout_s, sum(upload.size for upload in call.files.values()))
        with ExitStack() as stack:
            try:
                opened = [stack.enter_context(await _open(upload.path)) for upload in call.files.values()]
            except OSError as error:
                return NeverLeft(type(error).__name__)
            return _answer(await exchange(self._http, url, _form(call, opened), limit))


def time_limit(timeout_s: float, upload_bytes: int = 0) -> ClientTimeout:
    return ClientTimeout(timeout_s + min(upload_bytes, MOST_UPLOADED) // SLOWEST_UPLOAD, connect=_CONNECT_S)


async def _open(path: Path) -> BinaryIO:
    return await asyncio.to_thread(path.open, "rb")


def _form(call: Call, opened: list[BinaryIO]) -> FormData:
    form = FormData(quote_fields=False)
    for name, value in call.fields.items():
        form.add_field(name, value if isinstance(value, str) else _encode(value).decode())
    for (key, upload), file in zip(call.files.items(), opened, strict=True):
        form.add_field(key, file, filename=upload.name or key)
    return form


def _answer(exchanged: Response | Redirected | NeverLeft | NoAnswer) -> Answer:
    match exchanged:
        case Response():
            return _read(exchanged)
        case Redirected(status):
            return Unreadable(status, None)
        case NeverLeft() | NoAnswer():
            return exchanged
        case _:
            assert_never(exchanged)


def _read(response: Response) -> Answer:
    after_s = int(response.retry_after) if _SECONDS.fullmatch(response.retry_after) else None
    try:
        body = _decode(response.body)
    except UNREADABLE:
        return Unreadable(response.status, after_s)
    if body.ok:
        return Accepted(body.result)
    return ApiError(body.error_code or response.status, body.description, body.parameters.retry_after or after_s)
