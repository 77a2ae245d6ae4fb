"""Media on the control port: the bytes that a page shows, and the files that people send as the body of a request.

Pictures, films and sounds are shown; anything else can only be saved, and no file can act as a page of ours. Players
ask for ranges, so ranges are answered.
"""

from collections.abc import Callable
from http import HTTPStatus

import msgspec
from aiohttp import web

from bench.sandbox.bot_api.uploads import BIGGEST_FILE, read_content
from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.people.actions import perform
from bench.sandbox.protocol import Act
from bench.sandbox.world.files import Bytes, Kind
from bench.sandbox.world.state import State

_SHOWN = ("image/", "video/", "audio/")
_SCRIPTED = frozenset({"image/svg+xml"})
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class MediaRoutes:
    def __init__(self, state: State, signal: ChangeSignal, clock: Callable[[], int]) -> None:
        self._state = state
        self._signal = signal
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        kinds = "|".join(kind for kind in Kind if kind is not Kind.THUMBNAIL)
        return [web.get("/media/{file}", self._show), web.post(f"/acts/{{kind:{kinds}}}", self._send)]

    async def _show(self, request: web.Request) -> web.Response:
        unique_id = request.match_info["file"]
        file = self._state.files.known(unique_id)
        if file is None or file.content.data is None:
            raise LookupError(f"the bytes of file {unique_id} are not here")
        return _ranged(request, file.content.data, {**_HEADERS, **_disposition(file.mime)})

    async def _send(self, request: web.Request) -> web.Response:
        """Take a file from the body, and bot, person, name, caption and album from the query."""
        given = {"deed": f"send_{request.match_info['kind']}", **request.query}
        given["text"] = given.pop("caption", "")
        act = msgspec.convert(given, Act, strict=False)
        content = await read_content(request, BIGGEST_FILE)
        result = perform(self._state, act, self._clock(), content if content.size else None)
        self._signal.notify()
        return web.Response(body=msgspec.json.encode(result), content_type="application/json")


def _ranged(request: web.Request, data: Bytes, headers: dict[str, str]) -> web.Response:
    try:
        begin, end, _ = request.http_range.indices(len(data))
    except ValueError:
        return web.Response(body=data, headers=headers)
    if "Range" not in request.headers or begin >= end:
        return web.Response(body=data, headers=headers)
    partial = {"Content-Range": f"bytes {begin}-{end - 1}/{len(data)}", **headers}
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=data[begin:end], headers=partial)


def _disposition(mime: str) -> dict[str, str]:
    if mime.startswith(_SHOWN) and mime not in _SCRIPTED:
        return {"Content-Type": mime}
    return {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
