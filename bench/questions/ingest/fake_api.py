"""`python -m bench.questions.ingest.fake_api BOT...`: a Bot API that has updates for these bots while it is told to.

It knows what a receiver asks of Telegram: updates, and where the webhook leads. Its first line of output is its
address; each line of input is for how many seconds there are updates, and is answered with the number of those that
were acknowledged.
"""

import asyncio
import sys
import time
from collections import defaultdict
from typing import Any, Final

import msgspec
import uvloop
from aiohttp import web

from bench.harness.conversation import converse
from bench.questions.ingest.updates import FIRST_NUMBER, update
from bench.sandbox import ports
from engine.receiver.polling_feed import LIMIT

_PATIENCE_S: Final = 60.0


class FakeApi:
    def __init__(self, bots: set[int]) -> None:
        self._bots = bots
        self._next: defaultdict[int, int] = defaultdict(lambda: FIRST_NUMBER)
        self._hooks: dict[int, str] = {}
        self._silent = set(bots)
        self._all_ask = asyncio.Event()
        self._open = asyncio.Event()
        self._acknowledged = 0

    async def answer(self, line: str) -> str:
        """Begins when every bot is polled. Raises TimeoutError if one is not."""
        async with asyncio.timeout(_PATIENCE_S):
            await self._all_ask.wait()
        self._acknowledged = 0
        self._open.set()
        await asyncio.sleep(float(line))
        self._open.clear()
        return str(self._acknowledged)

    async def call(self, request: web.Request) -> web.Response:
        bot, given = int(request.match_info["bot"]), await request.json()
        match request.match_info["method"]:
            case "getUpdates":
                return await self.updates(bot, int(str(given["offset"])), float(str(given["timeout"])))
            case "setWebhook":
                self._hooks[bot] = str(given["url"])
            case "getWebhookInfo":
                return _result({"url": self._hooks.get(bot, ""), "pending_update_count": 0})
        return _result(True)  # noqa: FBT003 - what Telegram answers

    async def updates(self, bot: int, offset: int, timeout_s: float) -> web.Response:
        self._silent.discard(bot)
        if not self._silent:
            self._all_ask.set()
        if offset > self._next[bot]:
            self._acknowledged += offset - self._next[bot]
            self._next[bot] = offset
        try:
            async with asyncio.timeout(timeout_s):
                await self._waiting(bot)
        except TimeoutError:
            return _result([])
        first, now_s = self._next[bot], int(time.time())
        updates = b",".join(update(number, now_s) for number in range(first, first + LIMIT))
        return web.Response(body=b'{"ok":true,"result":[' + updates + b"]}", content_type="application/json")

    async def _waiting(self, bot: int) -> None:
        """Nobody writes to the other bots."""
        await (self._open.wait() if bot in self._bots else asyncio.Event().wait())


def _result(result: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode({"ok": True, "result": result}), content_type="application/json")


async def _serve(bots: set[int]) -> None:
    api = FakeApi(bots)
    application = web.Application()
    application.add_routes([web.post("/bot{bot:\\d+}:{secret}/{method}", api.call)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    listening = ports.listen(0)
    await web.SockSite(runner, listening).start()
    host, port = listening.getsockname()
    print(f"http://{host}:{port}", flush=True)
    await converse(api.answer)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(_serve(set(map(int, sys.argv[1:]))))
