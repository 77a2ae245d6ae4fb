"""One bot's feed by webhook: sets its address at Telegram and looks after it; the updates themselves come by `http`.

A webhook delivers nothing while nothing happens, so silence is confirmed by looking at what is still pending at
Telegram: every few seconds while something is nearly due, rarely otherwise. A webhook that leads elsewhere belongs to
another system: it is never removed, and the error says what to do.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from math import inf
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from engine.core.watermark import WebhookLook, confirmed_upto, least_now_ms
from engine.receiver.reader_watch import ReaderWatch
from engine.receiver.update_handler import UpdateHandler
from engine.receiver.update_kinds import ALLOWED
from engine.runtime.elapsed import elapsed_s
from engine.runtime.telemetry import logger
from engine.security.vault import Vault
from engine.telegram.client import BotApi
from engine.telegram.refused_call import NOT_THE_BOT_API, UNREADABLE, Refused
from storage.postgres import bot_tokens
from storage.postgres.incidents import FOREIGN_WEBHOOK, SECOND_READER
from storage.redis.arrivals import Arrivals, Came
from storage.redis.server_clock import bot_now_ms
from storage.redis.server_identity import run_for
from storage.redis.timer_values import Confirmed, Holding

PATH: Final = "/telegram"
NEAR_S: Final = 3.0
FAR_S: Final = 30.0
EAGER_S: Final = 1.0
"""While the count of the updates is not known: a look at a moment when nothing is pending finds it. And after a first
look, by which alone nothing is confirmed.
"""
LOOKS_AHEAD: Final = 2
"""How many looks are needed before a due, so that one confirms the time of another."""
GIVE_UP_MS: Final = 300_000
"""Telegram repeats a delivery after two minutes at most: a count that has proved nothing for this long never will."""
DELIVERED_MS: Final = 240_000
"""For the same reason an update that waited this long ago has come, or a delivery has failed since, after a minute's
wait for an answer at most.
"""
_CONNECTIONS: Final = 40
_FOREIGN: Final = 409


class Looked(NamedTuple):
    """What one look found: how many updates are pending at Telegram, and how long to rest before the next."""

    pending: int
    rest_s: float


class Foreign(NamedTuple):
    """The bot's webhook leads to another system, which gets its updates."""

    host: str

    @property
    def refused(self) -> Refused:
        mend = "delete it there (deleteWebhook), or remove the bot here"
        return Refused(_FOREIGN, f"the bot's webhook leads to {self.host}: {mend}")


class _Info(msgspec.Struct):
    url: str = ""
    pending_update_count: int = 0
    last_error_date: int | None = None
    last_error_message: str = ""


def secrets_of(vault: Vault, bot_id: int, token: str) -> list[str]:
    """What Telegram sends with each update of the bot, the current secret first. A new token makes a new secret."""
    return [hmac.new(key, f"{bot_id}:{token}".encode(), sha256).hexdigest() for key in vault.webhook_keys]


class WebhookFeed:
    """`public_url` is the address at which Telegram reaches the receivers, without the bot's path. `secret` is derived
    from the key with the fingerprint `key`.
    """

    def __init__(
        self,
        api: BotApi,
        effects: UpdateHandler,
        bot_id: int,
        username: str,
        holding: Callable[[], Holding | None],
        public_url: str,
        secret: str,
        key: str,
    ) -> None:
        self._api = api
        self._effects = effects
        self._arrivals = Arrivals(effects.client)
        self._bot_id = bot_id
        self._holding = holding
        self._url = f"{public_url}{PATH}/{bot_id}"
        self._secret = secret
        self._key = key
        self._log = logger().bind(bot=username)
        self._set = False
        self._before: WebhookLook | None = None
        self._before_s = 0.0
        self._looks_as: Holding | None = None
        self._proven_s: float | None = None
        self._watch = ReaderWatch(effects.endings.pool, effects.client, bot_id, username)
        self._last_error_s: int | None = None
        self._waits_since_s = 0.0
        self._waited_upto = -1
        """The highest number that had come then; -1 while the floor is known, or nothing has come."""
        self._run: str | None = None

    async def run_once(self) -> Looked | Refused:
        """Set the webhook if necessary, look, and confirm what the look shows. Raises UnreachableError.

        Looks under another holding are no longer counted with: the server's clock may be another one.
        """
        if self._holding() != self._looks_as:
            self._looks_as, self._before = self._holding(), None
        known = await self._arrivals.look(self._bot_id)
        at_ms, at_s = await bot_now_ms(self._effects.client, self._bot_id), elapsed_s()
        info = await _info(self._api)
        if isinstance(info, Refused):
            return info
        if not self._set or info.url != self._url:
            return await self._set_up(info)
        self._wait_for_deliveries(known, info, at_s)
        self._note(info)
        came = await self._arrivals.look(self._bot_id)
        look = WebhookLook(at_ms, info.pending_update_count, came.floor, came.beyond, known.highest)
        look = await self._complete(look, at_s)
        upto_ms, since_s = confirmed_upto(self._before, look), elapsed_s() - self._before_s
        is_eager = self._before is None or look.floor < 0 < look.pending
        self._before, self._before_s = look, at_s
        self._proven_s = at_s if upto_ms or self._proven_s is None else self._proven_s
        rest = await self._confirm(upto_ms, since_s)
        return Looked(look.pending, min(rest, EAGER_S) if is_eager else rest)

    def _wait_for_deliveries(self, known: Came, info: _Info, at_s: float) -> None:
        """Begin to wait at the first look at which the floor is not known, and again when a delivery has failed.

        With no more pending than there are connections, no update waits for its first delivery.
        """
        if known.floor >= 0:
            self._waited_upto = -1
        elif self._waited_upto < 0 or self._has_failed(info) or info.pending_update_count > _CONNECTIONS:
            self._waits_since_s, self._waited_upto = at_s, known.highest

    async def _complete(self, look: WebhookLook, at_s: float) -> WebhookLook:
        """Raise the floor over what will not come any more. If that leaves room for a missing update, the silences
        before this look are not believed: then nothing that was given out before it matters.

        A floor that is not known, as in an emptied Redis, needs no doubt where every delivery succeeds.
        """
        if not look.incomplete:
            self._run = holding.run if (holding := self._holding()) else self._run
            return look
        lost = look.lost and not await self._redis_changed()
        given_up = self._proven_s is not None and (at_s - self._proven_s) * 1000 > GIVE_UP_MS
        delivered = self._delivered_upto(look, at_s)
        if not (lost or look.pending == 0 or delivered or given_up):
            return look
        if lost:
            await self._watch.contest_missing()
        elif look.pending and not delivered:
            await self._watch.contest(None)
        upto = delivered if look.pending and delivered else look.highest
        came = await self._arrivals.raise_floor(self._bot_id, upto)
        return look._replace(floor=came.floor, beyond=came.beyond)

    def _delivered_upto(self, look: WebhookLook, at_s: float) -> int:
        """The number up to which nothing waits any more, since no delivery has failed for so long; else 0."""
        if look.floor >= 0 or (at_s - self._waits_since_s) * 1000 <= DELIVERED_MS:
            return 0
        return max(0, self._waited_upto)

    async def _redis_changed(self) -> bool:
        """Whether Redis restarted or failed over since nothing was missing: it may have lost its last second."""
        return self._run is not None and self._run != await run_for(self._effects.client, self._bot_id)

    async def _confirm(self, upto_ms: int | None, since_s: float) -> float:
        holding = self._holding()
        if upto_ms is None or holding is None or holding != self._looks_as:
            return NEAR_S
        await self._watch.close()
        least_ms = least_now_ms(upto_ms, since_s)
        confirmed = await self._effects.activity.confirm(self._bot_id, holding, upto_ms, least_ms)
        return rest_s(confirmed, self._effects.activity.threshold_ms(self._bot_id)) if confirmed else NEAR_S

    async def _set_up(self, info: _Info) -> Looked | Refused:
        """A webhook that is not as we set it was changed by a program that wants to read the updates itself."""
        if not _is_ours(info.url, self._bot_id):
            foreign = _foreign(info.url)
            await self._watch.contest(FOREIGN_WEBHOOK, foreign.host)
            return foreign.refused
        if self._set and self._holding():
            await self._watch.contest(SECOND_READER)
        answer = await self._api.ask(
            "setWebhook",
            url=self._url,
            secret_token=self._secret,
            allowed_updates=ALLOWED,
            max_connections=str(_CONNECTIONS),
        )
        if isinstance(answer, Refused):
            return answer
        await bot_tokens.note_webhook(self._effects.endings.pool, self._bot_id, self._key)
        self._log.info("Webhook set", url=self._url, before=info.url)
        self._set, self._before, self._waited_upto = True, None, -1
        return Looked(info.pending_update_count, 0.0)

    def _has_failed(self, info: _Info) -> bool:
        """Whether a delivery has failed since the last look."""
        return info.last_error_date not in (None, self._last_error_s)

    def _note(self, info: _Info) -> None:
        if self._has_failed(info):
            self._log.warning(
                "Telegram could not deliver", error=info.last_error_message, pending=info.pending_update_count
            )
        self._last_error_s = info.last_error_date


async def leave(api: BotApi, bot_id: int) -> Refused | Foreign | None:
    """Remove our webhook; pending updates stay at Telegram for polling. None when that is done."""
    info = await _info(api)
    if isinstance(info, Refused):
        return info
    if not _is_ours(info.url, bot_id):
        return _foreign(info.url)
    answer = await api.ask("deleteWebhook")
    return answer if isinstance(answer, Refused) else None


def rest_s(confirmed: Confirmed, threshold_ms: int | None) -> float:
    """How long until the looks before the nearest due must begin, whether its chat is armed or touched later."""
    armed_ms = confirmed.nearest_due_ms - confirmed.now_ms if confirmed.nearest_due_ms >= 0 else inf
    soonest_ms = min(armed_ms, inf if threshold_ms is None else threshold_ms)
    return min(FAR_S, max(NEAR_S, soonest_ms / 1000 - LOOKS_AHEAD * NEAR_S))


async def _info(api: BotApi) -> _Info | Refused:
    answer = await api.ask("getWebhookInfo")
    if isinstance(answer, Refused):
        return answer
    try:
        return msgspec.json.decode(answer, type=_Info)
    except UNREADABLE:
        return NOT_THE_BOT_API


def _is_ours(url: str, bot_id: int) -> bool:
    """No webhook is set, or one that a receiver of this engine has set, even at another address."""
    return not url or urlsplit(url).path.endswith(f"{PATH}/{bot_id}")


def _foreign(url: str) -> Foreign:
    return Foreign(urlsplit(url).hostname or "another server")
