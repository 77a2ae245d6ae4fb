"""`python -m bench.questions.sandbox_speed.bare`: the smallest handler that the sandbox's HTTP server allows.

It has a route, reads the form, and answers JSON that never changes. One line on stdout gives its address.
"""

import asyncio
import signal

import uvloop
from aiohttp import web

from bench.sandbox import ports

_ANSWER = {
    "message_id": 1,
    "from": {"id": 6_805_441_905, "is_bot": True, "first_name": "Shop", "username": "shop_bot"},
    "chat": {"id": 5_000_000_001, "type": "private", "first_name": "Bruno", "username": "person_1"},
    "date": 1_700_000_000,
    "text": "Ainda com você! Ficou alguma dúvida?",
    "entities": [{"type": "bold", "offset": 29, "length": 6}],
    "reply_markup": {"inline_keyboard": [[{"text": "Ver oferta", "callback_data": "offer:1"}]]},
}


async def _answer(request: web.Request) -> web.StreamResponse:
    await request.post()
    return web.json_response({"ok": True, "result": _ANSWER})


async def _serve() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    application = web.Application()
    application.add_routes([web.post("/bot{token}/{method}", _answer)])
    runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    listening = ports.listen(0)
    await web.SockSite(runner, listening).start()
    host, port = listening.getsockname()
    print(f"http://{host}:{port}", flush=True)
    await stopped.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(_serve())
