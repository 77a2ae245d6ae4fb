"""`python -m engine.receiver`: polls the bots, and touches the chats in which somebody shows life.

Many bots in one process, each with a task of its own: a revoked token or a second poller stops that bot alone. The bots
and their thresholds are read again every second.
"""

import asyncio
import contextlib
import sys
from functools import partial
from random import random
from typing import Final, NamedTuple

import aiohttp
import uvloop

from engine.activity import Activity
from engine.core.errors import RecoveryError
from engine.process import command, stop_on_signals, told_to_end
from engine.receiver.poll import BotFeed, Places
from engine.receiver.updates import Refused
from engine.settings import Settings, load_settings
from engine.telemetry import configure, logger
from engine.vault import Vault
from storage import bots, watched
from storage.feed import server_now_ms
from storage.incarnation import run_of
from storage.postgres import Pool, open_pool, transaction
from storage.redis import Redis, check_redis, open_redis
from storage.timers import Timers
from storage.watched import Watched

TURN_S: Final = 1.0
BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0)
STAGGER_S: Final = 0.05
REFUSALS_AS_PROOF: Final = 3
BETWEEN_REFUSALS_S: Final = 30.0
_UNAUTHORIZED: Final = 401
_CONNECTIONS: Final = 0  # as many as there are bots: a long poll holds one


class Turn(NamedTuple):
    """How many bots are polled now."""

    bots: int


class Receiver:
    def __init__(self, settings: Settings, session: aiohttp.ClientSession, pool: Pool, client: Redis) -> None:
        self._pool = pool
        self._client = client
        self._vault = Vault(settings.encryption_keys)
        self._watched: dict[int, Watched] = {}
        self._tasks: dict[int, tuple[bytes, asyncio.Task[None]]] = {}
        timers = Timers(client)
        self.activity = Activity(pool, timers, self._bot, partial(run_of, client))
        self._places = Places(session, settings.telegram_api_url, pool, client, timers, self.activity)

    async def run_once(self) -> Turn:
        """Bring the polled bots in line with the database. Raises UnreachableError."""
        self._watched = {bot.bot_id: bot for bot in await watched.list_watched(self._pool)}
        for bot_id, (token, task) in list(self._tasks.items()):
            if bot_id not in self._watched or self._watched[bot_id].token != token:
                task.cancel()
                del self._tasks[bot_id]
        fresh = [bot for bot in self._watched.values() if bot.bot_id not in self._tasks]
        for place, bot in enumerate(fresh):
            task = asyncio.create_task(self._poll(bot, place * STAGGER_S))
            self._tasks[bot.bot_id] = (bot.token, task)
        return Turn(sum(not task.done() for _, task in self._tasks.values()))

    async def run(self, stop: asyncio.Event) -> None:
        """Turn after turn until told to stop; then the last signs of life are written down."""
        flusher = asyncio.create_task(self.activity.run())
        while not stop.is_set():
            try:
                await self.run_once()
            except RecoveryError as error:
                logger().warning("Receiver turn failed", error=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TURN_S)
        for _, task in self._tasks.values():
            task.cancel()
        flusher.cancel()
        await asyncio.gather(flusher, *(task for _, task in self._tasks.values()), return_exceptions=True)
        await self.activity.flush()

    def _bot(self, bot_id: int) -> Watched | None:
        return self._watched.get(bot_id)

    async def _poll(self, bot: Watched, delay_s: float) -> None:
        """Poll one bot until cancelled, or until Telegram has refused its token often enough to be believed."""
        await asyncio.sleep(delay_s)
        log = logger().bind(bot=bot.username)
        try:
            feed = BotFeed(self._places, bot.bot_id, bot.username, self._vault.decrypt(bot.token))
        except RecoveryError as error:
            log.error("Bot is not polled", error=str(error))  # noqa: TRY400 - the sentence says it all
            return
        log.info("Polling started")
        failures = refusals = 0
        while refusals < REFUSALS_AS_PROOF and not told_to_end():
            refused = await self._turn(feed)
            failures = failures + 1 if refused else 0
            refusals = refusals + 1 if refused and refused.code == _UNAUTHORIZED else 0
            if refused:
                log.warning("Poll failed", code=refused.code, description=refused.description)
                await asyncio.sleep(_pause_s(failures, refusals))
        if not told_to_end():
            await self._give_up(bot)

    async def _turn(self, feed: BotFeed) -> Refused | None:
        try:
            taken = await feed.run_once()
        except RecoveryError as error:
            return Refused(0, str(error))
        except Exception:  # noqa: BLE001 - a failed turn never ends the loop
            logger().exception("Poll failed")
            return Refused(0, "a fault of ours")
        return taken if isinstance(taken, Refused) else None

    async def _give_up(self, bot: Watched) -> None:
        logger().error("Polling stopped: Telegram refuses the token. Give the bot a new one.", bot=bot.username)
        while not await self._open_incident(bot):  # noqa: ASYNC110 - the database is asked again, nobody tells
            await asyncio.sleep(BACKOFF_S[-1])

    async def _open_incident(self, bot: Watched) -> bool:
        """Whether it is written down."""
        try:
            now_ms = await server_now_ms(self._client)
            async with transaction(self._pool) as connection:
                await bots.open_incident(connection, bot.bot_id, "feed_unauthorized", "getUpdates: 401", now_ms)
        except RecoveryError as error:
            logger().warning("Incident waits", bot=bot.username, error=str(error))
            return False
        return True


def _pause_s(failures: int, refusals: int) -> float:
    """One 401 is not proof, so it is asked again half a minute later; whatever else fails, after a growing pause."""
    if refusals:
        return BETWEEN_REFUSALS_S if refusals < REFUSALS_AS_PROOF else 0.0
    return BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] * (0.5 + random())  # noqa: S311 - jitter, no secret


async def serve(settings: Settings) -> None:
    """Open the doors and run until SIGTERM or Ctrl-C. Raises UnreachableError, MigrationError."""
    client = open_redis(settings.redis_url)
    await check_redis(client)
    pool = await open_pool(settings.database_url)
    stop = stop_on_signals()
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        logger().info("Receiver started")
        await Receiver(settings, session, pool, client).run(stop)
    await pool.close()
    await client.aclose()
    logger().info("Receiver stopped")


@command
def main() -> None:
    settings = load_settings()
    configure(settings)
    uvloop.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
