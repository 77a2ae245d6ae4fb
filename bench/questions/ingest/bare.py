"""`python -m bench.questions.ingest.bare`: the smallest handler that the receiver's HTTP server allows.

It has a route, reads the body, and answers 200. Its first line of output is its address.
"""

import uvloop
from aiohttp import web

from bench.harness.conversation import converse
from bench.sandbox import ports
from engine.receiver.webhook_feed import PATH


async def _answer(request: web.Request) -> web.Response:
    await request.read()
    return web.Response()


async def _serve() -> None:
    application = web.Application()
    application.add_routes([web.post(f"{PATH}/{{bot}}", _answer)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    listening = ports.listen(0)
    await web.SockSite(runner, listening).start()
    host, port = listening.getsockname()
    print(f"http://{host}:{port}", flush=True)
    await converse(_nothing)
    await runner.cleanup()


async def _nothing(line: str) -> str:
    return line


if __name__ == "__main__":
    uvloop.run(_serve())
