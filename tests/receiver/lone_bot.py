"""One bot whose feed runs a turn only on command, before a Telegram that answers as it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from bench.sandbox.ports import listen as port_of
from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.receiver.opt_out_replies import OptOutReplies
from engine.receiver.polling_feed import PollingFeed
from engine.receiver.update_handler import UpdateHandler
from engine.receiver.webhook_feed import WebhookFeed
from engine.telegram.client import BotApi
from storage.postgres.pool import Pool, open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis import keys
from storage.redis.client import Redis, open_redis
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Holding
from storage.redis.timers import Timers

BOT = 7
OURS = "https://recovery.example/telegram/7"


class Telegram:
    """Answers as it is told to: each poll takes the next answer, and an empty one when none is left.

    An answer leaves once `go_on` is set; `asked` is set when it stands.
    """

    def __init__(self) -> None:
        self.polls: list[dict[str, Any]] = []
        self.waits: list[int] = []
        self.url, self.pending = "", 0
        self.failed_s: int | None = None
        """When Telegram last could not deliver."""
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    def brings(self, *numbers: int) -> None:
        self.polls.append({"ok": True, "result": [{"update_id": number} for number in numbers]})

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if method == "getUpdates":
            return await self._poll(int((await request.json())["timeout"]))
        self.asked.set()
        await self.go_on.wait()
        if method in ("setWebhook", "deleteWebhook"):
            self.url = str((await request.json()).get("url", ""))
        info = {"url": self.url, "pending_update_count": self.pending}
        if self.failed_s is not None:
            info["last_error_date"] = self.failed_s
        return web.json_response({"ok": True, "result": info if method == "getWebhookInfo" else True})

    async def _poll(self, timeout_s: int) -> web.Response:
        self.waits.append(timeout_s)
        answer = self.polls.pop(0) if self.polls else {"ok": True, "result": []}
        self.asked.set()
        await self.go_on.wait()
        return web.json_response(answer)


class Desk:
    """One bot, and the databases that its feed writes to."""

    def __init__(self, api: BotApi, telegram: Telegram, pool: Pool, client: Redis, run: str) -> None:
        self.telegram, self.pool, self.client = telegram, pool, client
        self.holding = Holding("us 1", run)
        self._api = api

    def _effects(self) -> UpdateHandler:
        timers = Timers(self.client)
        activity = Activity(self.pool, timers, lambda bot: Watched(bot, "shop_bot", b"", 60_000))
        endings = Endings(self.pool, self.client, timers, activity.name)
        return UpdateHandler(self.client, activity, endings, OptOutReplies(lambda _: self._api))

    def polling(self) -> PollingFeed:
        return PollingFeed(self._api, self._effects(), BOT, "shop_bot", lambda: self.holding)

    def webhook(self) -> WebhookFeed:
        public_url = OURS.partition("/telegram")[0]
        return WebhookFeed(
            self._api, self._effects(), BOT, "shop_bot", lambda: self.holding, public_url, "secret", "key"
        )

    async def doubted(self) -> bool:
        return bool(await self.pool.fetchval("SELECT doubted_until IS NOT NULL FROM bots"))

    async def blamed(self) -> list[str]:
        return [row["kind"] for row in await self.pool.fetch("SELECT kind FROM incidents ORDER BY id")]

    async def watermark(self) -> int:
        return int(await self.client.hget(keys.of_bot(BOT).bot, "watermark") or 0)


@asynccontextmanager
async def opened(redis_url: str, database_url: str) -> AsyncIterator[Desk]:
    telegram, application = Telegram(), web.Application()
    application.add_routes([web.post("/bot7:token/{method}", telegram.answer)])
    async with AsyncExitStack() as stack:
        client, pool = open_redis(redis_url), await open_pool(database_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        runner = web.AppRunner(application)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        listener = port_of(0)
        await web.SockSite(runner, listener).start()
        await pool.execute(
            "INSERT INTO bots (id, username, token, status, created_at) VALUES ($1, 'shop_bot', '', 'active', 0)", BOT
        )
        await client.set(keys.of_bot(BOT).poll, "us 1")
        api = BotApi(session, f"http://127.0.0.1:{listener.getsockname()[1]}", "7:token")
        yield Desk(api, telegram, pool, client, await run_of(client))
