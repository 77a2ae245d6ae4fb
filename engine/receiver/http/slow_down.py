"""Holds back the answer to a caller who is over a limit: whoever does not wait is slowed down, and not the others.

To refuse a request costs almost as much as to take it: a caller who repeats it at once, on many connections, would get
as many turns of the loop as all other bots together.
"""

from asyncio import sleep
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from engine.receiver.http.refusal import is_over_limit
from engine.receiver.http.request_ids import Handler

HELD_S: Final = 1.0
MOST: Final = 1_000
"""Answers that are held back at once, in all; beyond it they go out, as each holds a connection."""


def slow_down() -> Middleware:
    """A middleware, with its own count of what it holds."""
    held = 0

    @web.middleware
    async def hold_back(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal held
        response = await handler(request)
        if is_over_limit(response) and held < MOST:
            held += 1
            try:
                await sleep(HELD_S)
            finally:
                held -= 1
        return response

    return hold_back
