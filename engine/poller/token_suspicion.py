"""One refused token is not proof: Telegram is asked three times over a minute before a bot is suspended.

Meanwhile its lane stands still and its timers stay. If Telegram accepts the token again, the suspicion is cleared.
"""

import asyncio
from typing import Final

from engine.poller.served_bots import Served
from engine.runtime.telemetry import logger
from engine.telegram.sender import Sender
from storage.postgres import bots
from storage.postgres.pool import Pool, transaction

CHECKS: Final = 3
BETWEEN_CHECKS_S: Final = 30.0


async def confirm(pool: Pool, sender: Sender, bot: Served, now_ms: int) -> bool:
    """Find out whether the token is dead; True if the bot was suspended. A missing answer is not a refusal."""
    for check in range(CHECKS):
        if await sender.is_authorized(bot.token) is not False:
            return False
        if check + 1 < CHECKS:
            await asyncio.sleep(BETWEEN_CHECKS_S)
    async with transaction(pool) as connection:
        suspended = await bots.suspend(connection, bot.bot_id, bot.sealed_token, "Telegram refuses the token", now_ms)
    if suspended:
        logger().error("Bot suspended: Telegram refuses its token. Give it a new one.", bot=bot.username)
    return suspended
