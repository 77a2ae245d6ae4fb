"""Registers a bot for an operator: somebody who holds the passwords of both servers, and acts under a system account.

The manager registers bots for its admins through `administration.bots`, with servers that it has open.
"""

import os

from engine.administration import bots
from engine.administration.bot_tokens import who_is
from engine.administration.bots import Identity
from engine.core.change import Change
from engine.security.vault import Vault
from engine.settings import Secret, Settings
from storage.postgres.pool import open_pool
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms


def operator() -> str:
    """The actor in the audit log."""
    return f"cli:uid={os.getuid()}"


async def add(settings: Settings, token: Secret, meant: str | None = None) -> Identity:
    """Check a token with Telegram and store it. Raises NotFoundError, BotError, UnreachableError."""
    bot = await who_is(settings.telegram_api_url, token)
    async with open_redis(settings.redis_url) as redis, await open_pool(settings.database_url) as pool:
        change = Change(operator(), await server_now_ms(redis))
        vault = Vault(settings.encryption_keys)
        await bots.add(pool, vault, bot, token, meant, change, manager_id=settings.manager_id)
    return bot
