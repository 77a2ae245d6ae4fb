"""`python -m bot`: the manager bot, in which admins write, test and publish campaigns."""

import asyncio
import sys

import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramUnauthorizedError

from bot.framework.manager import ManagerBot
from bot.screens import SCREENS
from engine.administration.context import Desk, open_desk
from engine.core.errors import SettingsError
from engine.runtime.process import command, stop_on_signals
from engine.runtime.resources import keep_what_is_loaded
from engine.runtime.telemetry import configure, logger
from engine.settings import Settings, load_settings

_UPDATES: list[str] = ["message", "callback_query"]


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C. Raises UnreachableError, MigrationError, SettingsError."""
    async with open_desk(settings) as desk:
        await run(desk, stop_on_signals())


async def run(desk: Desk, stop: asyncio.Event) -> None:
    """Raises SettingsError for a token that is missing or that Telegram refuses."""
    if desk.settings.manager_token is None:
        raise SettingsError("MANAGER_BOT_TOKEN is not set: give the token of the bot that admins talk to.")
    session = AiohttpSession(api=TelegramAPIServer.from_base(desk.settings.telegram_api_url))
    async with Bot(desk.settings.manager_token.reveal(), session=session) as bot:
        try:
            me = await bot.get_me()
        except TelegramUnauthorizedError:
            raise SettingsError("Telegram refuses MANAGER_BOT_TOKEN: copy it from @BotFather again.") from None
        dispatcher = Dispatcher()
        manager = ManagerBot(desk, bot, me.username or "", SCREENS)
        dispatcher.include_router(manager.router())
        logger().info("Manager started", bot=me.username, owners=len(desk.settings.admin_ids))
        polling = asyncio.create_task(
            dispatcher.start_polling(bot, handle_signals=False, allowed_updates=_UPDATES, close_bot_session=False)
        )
        await stop.wait()
        await dispatcher.stop_polling()
        await polling
        await manager.finish()
    logger().info("Manager stopped")


@command
def main() -> None:
    settings = load_settings()
    configure(settings)
    keep_what_is_loaded()
    uvloop.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
