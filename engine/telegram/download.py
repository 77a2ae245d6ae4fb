"""Takes a file that a person sent to a bot into the library, as it comes from Telegram.

The URL of a file contains the bot's token, so it is in no error, and no error wraps one that has it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

import msgspec
from aiohttp import ClientError, ClientResponse, ClientTimeout

from engine.core.content.model import MediaKind
from engine.core.errors import MediaError
from engine.media.file_kinds import LARGEST, MB, check_size
from engine.media.library import CHUNK, Library, Stored
from engine.telegram.client import BotApi
from engine.telegram.refused_call import UNREADABLE, Refused

PATIENCE: Final = ClientTimeout(total=120, sock_connect=5, sock_read=20)


class _Place(msgspec.Struct):
    """Where the file can be downloaded, for an hour."""

    file_path: str
    file_size: int = 0


async def receive(library: Library, api: BotApi, file_id: str, kind: MediaKind, name: str, now_ms: int) -> Stored:
    """Take a file in; without a name it gets Telegram's. Raises MediaError, UnreachableError."""
    place = await _find(api, file_id)
    name = name or PurePath(place.file_path).name
    check_size(place.file_size, kind, name)
    async with aclosing(_stream(api, place)) as chunks:
        return await library.add(chunks, kind, name, now_ms)


async def _find(api: BotApi, file_id: str) -> _Place:
    found = await api.ask("getFile", file_id=file_id)
    if isinstance(found, Refused):
        raise _refusal(found)
    try:
        return msgspec.json.decode(found, type=_Place)
    except UNREADABLE as error:
        raise _not_now() from error


def _refusal(refused: Refused) -> MediaError:
    if "file is too big" in refused.description:
        return MediaError(
            "The file is bigger than {most} MB, which is the most that a bot can receive: make it smaller.",
            most=LARGEST // MB,
        )
    if refused.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return MediaError("Telegram refuses the manager's token: give it the one that @BotFather shows.")
    return _gone() if refused.code in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND) else _not_now()


def _gone() -> MediaError:
    return MediaError("Telegram no longer has this file: send it to the manager again.")


def _not_now() -> MediaError:
    return MediaError("Telegram did not give the whole file: send it to the manager again in a minute.")


async def _stream(api: BotApi, place: _Place) -> AsyncGenerator[bytes, None]:
    """The whole file; one that breaks off before its end raises MediaError."""
    url = f"{api.api_url}/file/bot{api.token}/{quote(place.file_path)}"
    came = 0
    try:
        async with api.session.get(url, timeout=PATIENCE, allow_redirects=False) as response:
            _check(response)
            async for chunk in response.content.iter_chunked(CHUNK):
                came += len(chunk)
                yield chunk
    except (ClientError, TimeoutError):
        raise _not_now() from None
    if came < place.file_size:
        raise _not_now()


def _check(response: ClientResponse) -> None:
    if response.status == HTTPStatus.NOT_FOUND:
        raise _gone()
    if response.status != HTTPStatus.OK:
        raise _not_now()
