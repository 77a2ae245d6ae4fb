"""A receiver that listens for two bots, for what asks its HTTP API."""

from typing import Any

import aiohttp

from bench.sandbox.protocol import BotInfo
from engine.core.change import Change
from engine.receiver.receiver import Receiver
from engine.settings import Settings
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms
from storage.redis.timers import Timers

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
CHAT = 41
PAID = {"external_id": "order 7", "chat_id": CHAT, "amount": 4990, "currency": "brl"}
CHANGE = Change("test", 1)


class Desk:
    """A receiver that listens for two bots, and runs a turn only on command."""

    def __init__(self, settings: Settings, bots: list[BotInfo], pool: Pool, client: Redis) -> None:
        self.settings, self.pool, self.client = settings, pool, client
        self.bot, self.other = bots
        self.session = aiohttp.ClientSession()
        self.receiver = Receiver(settings, self.session, pool, client)
        self.key = ""

    async def post(
        self, what: str, content: Any, *, key: str | None = None, bot: int | None = None, scheme: str = "Bearer"
    ) -> tuple[int, Any]:
        url = f"{self.settings.public_url}/v1/bots/{self.bot.id if bot is None else bot}/{what}"
        body = {"data": content} if isinstance(content, bytes) else {"json": content}
        headers = {"Authorization": f"{scheme} {self.key if key is None else key}"}
        async with self.session.post(url, headers=headers, **body) as response:
            return response.status, await response.json()

    async def refused(self, status: int, what: str, content: Any, mend: str, **more: Any) -> None:
        found, said = await self.post(what, content, **more)
        assert (found, list(said)) == (status, ["error", "request_id"])
        assert mend in said["error"]
        assert said["error"].endswith(".")

    async def payments(self) -> list[tuple[Any, ...]]:
        rows = await self.pool.fetch("SELECT external_id, chat_id, amount, currency, status FROM payments")
        return [tuple(row) for row in rows]

    async def armed(self, chat: int = CHAT) -> bool:
        return await Timers(self.client).versions(self.bot.id, [chat]) != [None]

    async def start(self, *chats: int) -> None:
        """These people start the bot, an hour ago."""
        hour_ago_ms = await server_now_ms(self.client) - 3_600_000
        for chat in chats:
            await self.receiver.activity.mark_user_activity(self.bot.id, chat, hour_ago_ms)
