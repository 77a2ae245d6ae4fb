"""The files of the page: read once, sent unchanged, and not allowed to load anything from elsewhere."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

_PAGE = Path(__file__).parents[1] / "page"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page_routes() -> list[web.RouteDef]:
    files = sorted(path for path in _PAGE.iterdir() if path.suffix in _KINDS)
    return [web.get("/" if path.name == "index.html" else f"/{path.name}", _sender(path)) for path in files]


def _sender(path: Path) -> Callable[[web.Request], Awaitable[web.Response]]:
    body, kind = path.read_bytes(), _KINDS[path.suffix]

    async def send(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)

    return send
