"""The bytes of media, for the page: shown if they are picture, film or sound, else only saved; never a page of ours.

A player asks for ranges, so ranges are answered.
"""

from http import HTTPStatus

from aiohttp import web

from bench.sandbox.files import FileStore

_SHOWN = ("image/", "video/", "audio/")
_SCRIPTED = frozenset({"image/svg+xml"})
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


async def media_response(request: web.Request, files: FileStore) -> web.StreamResponse:
    unique_id = request.match_info["file"]
    file = files.known(unique_id)
    if file is None or file.content.data is None:
        raise LookupError(f"the bytes of file {unique_id} are not here")
    headers = {**_HEADERS, **_disposition(file.mime)}
    data = file.content.data
    try:
        asked = request.http_range
    except ValueError:
        asked = slice(None)
    begin, end, _ = asked.indices(len(data))
    status = HTTPStatus.OK
    if request.headers.get("Range") and begin < end:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(data)}"
        data = data[begin:end]
    return web.Response(status=status, body=data, headers=headers)


def _disposition(mime: str) -> dict[str, str]:
    if mime.startswith(_SHOWN) and mime not in _SCRIPTED:
        return {"Content-Type": mime}
    return {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
