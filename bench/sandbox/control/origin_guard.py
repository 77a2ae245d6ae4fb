"""Who may speak to the control port: programs and the sandbox's own page, never a page from elsewhere.

A foreign page in the same browser can send requests to loopback, and a name that resolves to loopback makes a page
look like ours. So the Host must be loopback, and an Origin, which only browsers send, must be our own. A browser sends
a few words, or a file that a person attaches; other big bodies come from load tests.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from bench.sandbox.bot_api.uploads import BIGGEST_FILE

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BIGGEST_OF_A_BROWSER = 64 * 1024
_FILES = "/acts/"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def welcome_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not _is_loopback(request.headers.get("Host", "")):
        raise web.HTTPForbidden(reason="Ask for 127.0.0.1 or localhost")
    origin = request.headers.get("Origin")
    if origin is not None:
        _check_browser(request, origin)
    return await handler(request)


def _check_browser(request: web.Request, origin: str) -> None:
    if origin != f"http://{request.headers['Host']}":
        raise web.HTTPForbidden(reason="This page may not act here")
    length = request.content_length
    most = BIGGEST_FILE if request.path.startswith(_FILES) else _BIGGEST_OF_A_BROWSER
    if request.body_exists and (length is None or length > most):
        raise web.HTTPRequestEntityTooLarge(most, length or 0)


def _is_loopback(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in _LOOPBACK
    except ValueError:
        return False
