"""Multipart bodies: fields are read as text, and each file into one buffer, which the store then keeps.

The limit is that of Telegram's front end: a body that is too big is refused as soon as that is known.
"""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from bench.sandbox import errors
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.world.files import Content

BIGGEST_FILE = 50 * 1024 * 1024
_BIGGEST_BODY = BIGGEST_FILE + 1024 * 1024
_BIGGEST_FIELD = 1024 * 1024
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request; `mime` is what the client says."""

    name: str
    mime: str
    content: Content


async def read_multipart(request: web.BaseRequest) -> Parameters:
    if (request.content_length or 0) > _BIGGEST_BODY:
        raise ApiError(errors.ENTITY_TOO_LARGE)
    given: Parameters = {}
    left = _BIGGEST_BODY
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ValueError("a part must not be multipart itself")  # noqa: TRY004 - it is the body that is wrong
        content = await _read(part, left)
        left -= content.size
        if part.name:
            given[part.name] = _value(part, content)
    return given


async def read_content(request: web.BaseRequest, most: int) -> Content:
    """Read a body that is one file."""
    return await _collected(request.content.iter_chunked(_CHUNK), most)


async def _read(part: BodyPartReader, left: int) -> Content:
    most = min(left, _BIGGEST_FIELD if part.filename is None else BIGGEST_FILE)
    return await _collected(_chunks(part), most)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk


async def _collected(chunks: AsyncIterable[bytes], most: int) -> Content:
    """Collect and hash the chunks as they come, and stop if they are too many."""
    data, digest = bytearray(), hashlib.sha256()
    async for chunk in chunks:
        data += chunk
        digest.update(chunk)
        if len(data) > most:
            raise web.HTTPRequestEntityTooLarge(most, len(data))
    return Content(digest.digest(), len(data), data)


def _value(part: BodyPartReader, content: Content) -> str | Upload:
    if part.filename is None:
        return (content.data or b"").decode()
    return Upload(part.filename, part.headers.get("Content-Type", "").partition(";")[0].strip(), content)
