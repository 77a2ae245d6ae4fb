"""The receiver: a feed for each bot that it watches, started, renewed and stopped as bots come and go."""

import asyncio
from collections import defaultdict
from functools import partial
from typing import Final, NamedTuple

import aiohttp

from engine.administration import feed_views
from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.chats.reported_activity import ReportedActivity
from engine.chats.taps import Taps
from engine.core.errors import RecoveryError, SettingsError, UnreachableError
from engine.receiver.events import Event, not_before
from engine.receiver.feed_loop import Feed, FeedLoop
from engine.receiver.feed_ownership import FeedOwnership
from engine.receiver.http.bots_api import ApiAccess, BotsApi
from engine.receiver.http.link_redirect import LinkRedirect
from engine.receiver.http.server import HttpServer, WebhookIntake
from engine.receiver.key_ring import KeyRing
from engine.receiver.opt_out_replies import OptOutReplies
from engine.receiver.overload_watch import OverloadWatch
from engine.receiver.polling_feed import PollingFeed
from engine.receiver.update_handler import UpdateHandler
from engine.receiver.webhook_feed import Foreign, WebhookFeed, leave, secrets_of
from engine.runtime import config_listener, metrics
from engine.runtime.batcher import Batcher
from engine.runtime.process import any_set
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from engine.runtime.version_cache import VersionCache
from engine.security.signed_links import SignedLinks
from engine.security.vault import Vault
from engine.settings import Settings
from engine.telegram.client import BotApi
from storage.postgres import receiver_bots
from storage.postgres.incidents import ACTIVITY_OVERLOAD, API_OVERLOAD
from storage.postgres.pool import Pool
from storage.postgres.receiver_bots import Watched
from storage.redis.arrivals import Arrivals, Came
from storage.redis.client import Redis
from storage.redis.ownership import Ownership, this_process
from storage.redis.timers import Timers

TURN_S: Final = 1.0
STAGGER_S: Final = 0.05


class ReceiverTurn(NamedTuple):
    """How many bots' feeds are running here now."""

    bots: int


class _Arrived(NamedTuple):
    """The number of an update that has taken effect."""

    bot_id: int
    number: int


class _Feeding(NamedTuple):
    bot: Watched
    task: asyncio.Task[None]


class Receiver:
    def __init__(self, settings: Settings, session: aiohttp.ClientSession, pool: Pool, client: Redis) -> None:
        self._settings = settings
        self._session = session
        self._pool = pool
        self._client = client
        self._vault = Vault(settings.encryption_keys)
        self._watched: dict[int, Watched] = {}
        self._feeding: dict[int, _Feeding] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._secrets: dict[bytes, list[str]] = {}
        self._floors: dict[int, int] = {}
        self._keys = KeyRing(pool, client)
        self._arrivals = Arrivals(client)
        self._arriving = Batcher(self._note)
        self._started = self._well = False
        self._wake = asyncio.Event()
        timers = Timers(client)
        self.activity = Activity(pool, timers, self._bot)
        self._endings = Endings(pool, client, timers, self.activity.name)
        self._replies = OptOutReplies(self._speaking)
        self._effects = UpdateHandler(client, self.activity, self._endings, self._replies)
        self._feeds = FeedOwnership(client, Ownership(client, this_process()), self.activity)
        overloads = self.activity.overloads
        self._overloads = OverloadWatch(pool, client, overloads, self.activity.name)
        intake = WebhookIntake(
            *(self._secrets_of, self._take, lambda: self._started, lambda: self._well),
            partial(overloads.note, kind=ACTIVITY_OVERLOAD),
        )
        access = ApiAccess(
            *(lambda: self._started, self._keys, partial(feed_views.feed, pool, client), self._bot),
            partial(overloads.note, kind=API_OVERLOAD),
        )
        self.api = BotsApi(access, self._endings, ReportedActivity(pool, client, self.activity))
        links = SignedLinks(self._vault.link_keys, settings.public_url)
        self._taps = Taps(pool, client, self.activity, self._watches)
        redirect = LinkRedirect(links, VersionCache(pool), self._taps)
        self.http = HttpServer(intake, settings.host, settings.port, [*self.api.routes(), *redirect.routes()])

    async def run_once(self) -> ReceiverTurn:
        """Bring the feeds in line with the database, and with what is ours. Raises UnreachableError.

        Without PostgreSQL our feeds are still renewed: touches go on, and only one receiver may poll.
        """
        self._wake.clear()
        try:
            self._watched = {bot.bot_id: bot for bot in await receiver_bots.list_watched(self._pool)}
            await self._keys.run_once()
            self._started = True
        finally:
            ours = await self._feeds.run_once(self._watched)
        for bot_id, feeding in list(self._feeding.items()):
            if bot_id not in ours or self._begins_again(feeding, self._watched[bot_id]):
                self._end(feeding)
                del self._feeding[bot_id]
            else:
                self._feeding[bot_id] = feeding._replace(bot=self._watched[bot_id])
        for place, bot_id in enumerate(sorted(ours - self._feeding.keys())):
            bot = self._watched[bot_id]
            self._feeding[bot_id] = _Feeding(bot, asyncio.create_task(self._feed(bot, place * STAGGER_S)))
        going = sum(not feeding.task.done() for feeding in self._feeding.values())
        metrics.feeds.set(going)
        return ReceiverTurn(going)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then stop listening, and write the last signs of life down.

        Raises SettingsError if the port cannot be listened on.
        """
        async with self.http.listening():
            beside = [
                asyncio.create_task(self.activity.run()),
                asyncio.create_task(self._overloads.run()),
                asyncio.create_task(config_listener.listen(self._pool, self._wake.set)),
            ]
            await run_service(self.run_once, partial(self._rest, stop), "Receiver turn failed", is_over=stop.is_set)
        await self._close(beside)

    async def _rest(self, stop: asyncio.Event, turn: ReceiverTurn | None) -> None:
        self._well = turn is not None
        await any_set(TURN_S, stop, self._wake)

    async def _close(self, beside: list[asyncio.Task[None]]) -> None:
        tasks = [*beside, *self._leaving, *(feeding.task for feeding in self._feeding.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._replies.end()
        self._taps.end()
        try:
            await self._feeds.release()
        except RecoveryError as error:
            logger().warning("Feeds not released: they expire in a moment", error=error)
        await self.activity.flush()
        await self._keys.close()

    def _end(self, feeding: _Feeding) -> None:
        """A bot that is not watched any more gets no updates either: its webhook is removed."""
        feeding.task.cancel()
        if self._settings.webhook_url and feeding.bot.bot_id not in self._watched:
            leaving = asyncio.create_task(self._leave(feeding.bot))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _leave(self, bot: Watched) -> None:
        try:
            refused = await leave(self._api_of(bot), bot.bot_id)
        except RecoveryError as error:
            logger().warning("Webhook not removed", bot=bot.username, error=error)
            return
        if refused:
            why = refused.refused if isinstance(refused, Foreign) else refused
            logger().warning("Webhook not removed", bot=bot.username, description=why.description)
        else:
            logger().info("Webhook removed", bot=bot.username)

    def _begins_again(self, feeding: _Feeding, bot: Watched) -> bool:
        """The bot has a new token; or the same one, given or encrypted again, whose feed has ended."""
        if bot.token == feeding.bot.token:
            return False
        try:
            return feeding.task.done() or self._vault.decrypt(bot.token) != self._vault.decrypt(feeding.bot.token)
        except SettingsError:
            return True

    async def _feed(self, bot: Watched, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        try:
            feed = self._feed_of(bot)
        except RecoveryError as error:
            logger().error("Bot is not fed", bot=bot.username, error=error)
            return
        logger().info("Feed taken", bot=bot.username)
        await FeedLoop(feed, bot.bot_id, bot.username, self._pool, self._client).run()

    def _feed_of(self, bot: Watched) -> Feed:
        """Raises SettingsError for a token that cannot be read."""
        api = self._api_of(bot)
        holding = partial(self._feeds.holding, bot.bot_id)
        if self._settings.webhook_url is None:
            return PollingFeed(api, self._effects, bot.bot_id, bot.username, holding)
        url, secret, key = self._settings.webhook_url, self._open_secrets(bot)[0], self._vault.fingerprints[0]
        return WebhookFeed(api, self._effects, bot.bot_id, bot.username, holding, url, secret, key)

    def _api_of(self, bot: Watched) -> BotApi:
        """Raises SettingsError for a token that cannot be read."""
        return BotApi(self._session, self._settings.telegram_api_url, self._vault.decrypt(bot.token))

    def _speaking(self, bot_id: int) -> BotApi | None:
        bot = self._watched.get(bot_id)
        try:
            return self._api_of(bot) if bot else None
        except SettingsError as error:
            logger().error("Bot does not answer", bot=bot_id, error=error)
            return None

    def _watches(self, bot_id: int) -> bool:
        return bot_id in self._watched

    def _bot(self, bot_id: int) -> Watched | None:
        return self._watched.get(bot_id)

    def _secrets_of(self, bot_id: int) -> list[str] | None:
        """None also if the token cannot be read. The bot's feed says so, once: anybody may send requests to the bot."""
        bot = self._watched.get(bot_id)
        try:
            return self._open_secrets(bot) if bot else None
        except SettingsError:
            return None

    def _open_secrets(self, bot: Watched) -> list[str]:
        """Derived once per token, as a bot may get hundreds of updates a second; forgotten with the token."""
        if bot.token not in self._secrets:
            served = {watched.token for watched in self._watched.values()}
            self._secrets = {token: known for token, known in self._secrets.items() if token in served}
            self._secrets[bot.token] = secrets_of(self._vault, bot.bot_id, self._vault.decrypt(bot.token))
        return self._secrets[bot.token]

    async def _take(self, bot_id: int, number: int, event: Event | None) -> None:
        """Record the update after its effect: a recorded one has certainly been taken in, and may come again."""
        is_new = number > self._floors.get(bot_id, -1)
        if event is not None:
            earliest_ms = self.activity.confirmed_ms(bot_id) if is_new else 0
            await self._effects.take(bot_id, not_before(event, earliest_ms))
        self._floors[bot_id] = (await self._arriving(_Arrived(bot_id, number))).floor

    async def _note(self, arrived: list[_Arrived]) -> list[Came | UnreachableError]:
        """Of all bots in one round trip."""
        noted: defaultdict[int, list[int]] = defaultdict(list)
        for bot_id, number in arrived:
            noted[bot_id].append(number)
        came = await self._arrivals.note_each(noted)
        return [came[bot_id] for bot_id, _ in arrived]
