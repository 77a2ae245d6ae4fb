"""Registers bots without asking Telegram about them: for questions that need no Bot API."""

import time
from typing import Final

from bench.sandbox.protocol import BotInfo
from engine.administration import bots
from engine.administration.bots import Identity
from engine.core.change import Change
from engine.security.vault import Vault
from engine.settings import Secret, Settings
from storage.postgres.pool import open_pool

_FIRST_ID: Final = 7_000_000_001
_SECRET_LENGTH: Final = 35
"""Of a token's second half."""


async def plant(settings: Settings, count: int) -> list[BotInfo]:
    vault, change = Vault(settings.encryption_keys), Change("bench", time.time_ns() // 1_000_000)
    planted = [
        BotInfo(number, f"bench_{number}_bot", f"{number}:{'x' * _SECRET_LENGTH}")
        for number in range(_FIRST_ID, _FIRST_ID + count)
    ]
    async with await open_pool(settings.database_url) as pool:
        for bot in planted:
            await bots.add(pool, vault, Identity(bot.id, bot.username), Secret(bot.token), None, change)
    return planted
