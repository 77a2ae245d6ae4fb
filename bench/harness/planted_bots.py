"""Registers bots without asking Telegram about them: for questions that need no Bot API."""

import time
from typing import Final

from engine.administration import bots
from engine.administration.bots import Identity
from engine.core.change import Change
from engine.security.vault import Vault
from engine.settings import Secret, Settings
from storage.postgres.pool import open_pool

_FIRST_ID: Final = 7_000_000_001


async def plant(settings: Settings, count: int) -> list[Identity]:
    vault, change = Vault(settings.encryption_keys), Change("bench", time.time_ns() // 1_000_000)
    planted = [Identity(_FIRST_ID + place, f"bench_{place}_bot") for place in range(count)]
    async with await open_pool(settings.database_url) as pool:
        for bot in planted:
            await bots.add(pool, vault, bot, Secret(f"{bot.id}:token"), None, change)
    return planted
