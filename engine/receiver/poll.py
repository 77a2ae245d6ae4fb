"""One bot's feed by long polling: an update is acknowledged, by the next offset, only after its effect stands.

The effect is the touch, and before it what must not be lost: a payment, a block. A poll that ends confirms its own end,
after its touches; its time-out ends a second before the bot's nearest due, so that what falls due meets a fresh feed.
The events of one chat take effect in their order (who blocked the bot and came back is back), those of many at once.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import aiohttp
import msgspec

from engine.activity import Activity, Person
from engine.core.gate import Reason
from engine.receiver import updates
from engine.receiver.updates import UNDATED, Batch, Gone, Refused, Sign
from engine.telemetry import logger
from storage import chats, feed
from storage.chats import Payment
from storage.postgres import Pool, transaction
from storage.redis import Redis
from storage.timers import Timers

SHORTEST_POLL_S: Final = 3
LONGEST_POLL_S: Final = 30
AHEAD_OF_DUE_MS: Final = 1_000
LIMIT: Final = 100
_ANSWER_S: Final = 20
_ALLOWED: Final = msgspec.json.encode(updates.ALLOWED).decode()


class Taken(NamedTuple):
    """What one poll brought: how many events took effect."""

    events: int


class Places(NamedTuple):
    """Where updates come from and where their effects go."""

    session: aiohttp.ClientSession
    api_url: str
    pool: Pool
    client: Redis
    timers: Timers
    activity: Activity


class BotFeed:
    def __init__(self, places: Places, bot_id: int, username: str, token: str) -> None:
        self._places = places
        self._bot_id = bot_id
        self._url = f"{places.api_url}/bot{token}/getUpdates"
        self._log = logger().bind(bot=username)
        self._offset = 0
        self._timeout_s = 0

    async def run_once(self) -> Taken | Refused:
        """Poll once, let every update take effect, confirm the feed. Raises UnreachableError."""
        answer = await self._poll()
        if isinstance(answer, Refused):
            return answer
        if answer.broken:
            self._log.warning("Updates that could not be read", count=answer.broken)
        await self._take_all(answer.events)
        if answer.last_id is not None:
            self._offset = answer.last_id + 1
        await self._confirm(more=answer.size == LIMIT)
        return Taken(len(answer.events))

    async def _confirm(self, *, more: bool) -> None:
        """A full answer says that more is waiting: the backlog is taken in first, silence is judged after it."""
        if more:
            self._timeout_s = 0
            return
        confirmed = await self._places.activity.confirm(self._bot_id)
        self._timeout_s = timeout_s(confirmed.now_ms, confirmed.nearest_due_ms)

    async def _poll(self) -> Batch | Refused:
        wanted = {"offset": self._offset, "timeout": self._timeout_s, "limit": LIMIT, "allowed_updates": _ALLOWED}
        patience = aiohttp.ClientTimeout(total=self._timeout_s + _ANSWER_S)
        try:
            async with self._places.session.post(self._url, data=wanted, timeout=patience) as response:
                return updates.read_answer(await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            return Refused(0, type(error).__name__)

    async def _take_all(self, events: Sequence[Sign | Gone]) -> None:
        """Returns when nothing is under way any more; a failure is raised then, and all will come again."""
        by_chat: dict[int, list[Sign | Gone]] = {}
        for event in events:
            by_chat.setdefault(event.chat_id, []).append(event)
        results = await asyncio.gather(*map(self._take_in_order, by_chat.values()), return_exceptions=True)
        for failure in filter(None, results):
            raise failure

    async def _take_in_order(self, events: Sequence[Sign | Gone]) -> None:
        for event in events:
            await self._take(event)

    async def _take(self, event: Sign | Gone) -> None:
        if isinstance(event, Gone):
            await self._end(event.chat_id, Reason.UNREACHABLE, event.at_ms)
            return
        if event.payment:
            await self._pay(event, event.payment)
        person = Person(event.first_name, event.username, event.language)
        await self._places.activity.mark_user_activity(self._bot_id, event.chat_id, event.seen_ms, person)

    async def _pay(self, sign: Sign, paid: updates.Payment) -> None:
        payment = Payment(self._bot_id, paid.charge_id, sign.chat_id, paid.amount, paid.currency, "paid", sign.seen_ms)
        async with transaction(self._places.pool) as connection:
            await chats.record_payment(connection, payment)
        await self._end(sign.chat_id, Reason.PAID)

    async def _end(self, chat_id: int, reason: Reason, at_ms: int = UNDATED) -> None:
        """PostgreSQL knows it first; then the timer goes; then what was under way is closed."""
        now_ms = await feed.server_now_ms(self._places.client)
        async with transaction(self._places.pool) as connection:
            if reason is Reason.UNREACHABLE:
                await chats.mark_unreachable(connection, [(self._bot_id, chat_id)], at_ms or now_ms)
            broken = await self._places.timers.end(self._bot_id, [chat_id])
            unsent = bool(broken) and not broken[0].on_wire
            ended = await chats.conclude(connection, [(self._bot_id, chat_id, unsent)], reason, now_ms)
        for episode in ended:
            self._log.info("Recovery episode ended", chat=chat_id, episode=episode.episode_id, reason=reason)


def timeout_s(now_ms: int, nearest_due_ms: int) -> int:
    """How long the next poll may wait, in whole seconds."""
    if nearest_due_ms < 0:
        return LONGEST_POLL_S
    return min(LONGEST_POLL_S, max(SHORTEST_POLL_S, (nearest_due_ms - now_ms - AHEAD_OF_DUE_MS) // 1000))
