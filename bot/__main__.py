"""`python -m bot`: the manager bot, in which admins write, test and publish campaigns."""

import asyncio
import sys
from functools import partial

import aiohttp
import uvloop
from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramUnauthorizedError

from bot.framework.admission import Admission
from bot.framework.intake import Intake
from bot.framework.known_admins import PAUSE_S, KnownAdmins
from bot.framework.manager import ManagerBot
from bot.framework.model_session import ModelSession
from bot.framework.polling import Polling
from bot.framework.strangers import Strangers
from bot.screens import SCREENS
from engine.administration import members
from engine.administration.context import Desk, open_desk
from engine.core.errors import SettingsError
from engine.runtime import held_keys, metrics
from engine.runtime.process import command, stop_on_signals
from engine.runtime.resources import tune_garbage_collection
from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import configure, logger
from engine.settings import Settings, load_settings
from engine.telegram.client import BotApi


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C. Raises UnreachableError, MigrationError, SettingsError."""
    async with (
        open_desk(settings) as desk,
        held_keys.said(desk.pool, desk.redis, "manager", desk.vault.fingerprints, signs=True),
    ):
        await run(desk, stop_on_signals())


async def run(desk: Desk, stop: asyncio.Event) -> None:
    """Raises SettingsError for a token that is missing or that Telegram refuses."""
    if desk.settings.manager_token is None:
        raise SettingsError("MANAGER_BOT_TOKEN is not set: give the token of the bot that admins talk to.")
    session = ModelSession(desk.settings.telegram_api_url)
    async with Bot(desk.settings.manager_token.reveal(), session=session) as bot:
        try:
            me = await bot.get_me()
        except TelegramUnauthorizedError:
            raise SettingsError("Telegram refuses MANAGER_BOT_TOKEN: copy it from @BotFather again.") from None
        known = KnownAdmins(desk.settings.admin_ids, partial(members.everybody, desk.pool))
        await known.run_once()
        admission = Admission(known, desk.vault.button_keys, bot.id, Strangers())
        manager = ManagerBot(desk, bot, me.username or "", SCREENS, admission)
        dispatcher = Dispatcher(disable_fsm=True)
        dispatcher.include_router(manager.router())
        intake = Intake(admission, partial(dispatcher.feed_update, bot), manager.tell_left_out, {"bot": bot})
        logger().info("Manager started", bot=me.username, owners=len(desk.settings.admin_ids))
        async with aiohttp.ClientSession() as feed:  # its own: no upload keeps updates waiting
            await _poll(Polling(BotApi(feed, desk.settings.telegram_api_url, bot.token), intake), known, stop)
        await intake.finish()
    logger().info("Manager stopped")


async def _poll(polling: Polling, known: KnownAdmins, stop: asyncio.Event) -> None:
    services = [
        asyncio.create_task(run_service(polling.run_once, polling.rest, "Updates not fetched")),
        asyncio.create_task(run_service(known.run_once, pause(PAUSE_S), "Admins not read")),
    ]
    await stop.wait()
    for service in services:
        service.cancel()
    await asyncio.wait(services)


@command
def main() -> None:
    settings = load_settings()
    configure(settings)
    metrics.serve(settings.metrics_port)
    tune_garbage_collection()
    uvloop.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
