"""Where journeys read and write: each door gathers the calls of many into one statement or script call."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Final, TypeAlias, TypeVar

from engine.core.bot_identity import Speaker
from engine.core.content.model import Content, Effects
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.outcome import Outcome
from engine.core.delivery.state_machine import Found
from engine.core.errors import RefusedError
from engine.media.uploads import Busy, Missing
from engine.poller.gathered_timers import GatheredTimers
from engine.runtime import metrics
from engine.runtime.batcher import Batcher
from engine.runtime.server_clock import ServerClock
from engine.telegram.actions import Action
from engine.telegram.sender import Prepared, Sender
from storage.postgres import chats, incidents
from storage.postgres.deliveries.begin import Beginning, Begun, begin_episodes
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.report import Report, Reported, report_outcomes
from storage.postgres.pool import Pool, transaction
from storage.redis import bot_state
from storage.redis.client import Redis
from storage.redis.timer_values import Fence, LastLook, Lost, NextTimer
from storage.redis.timers import Timers

Item = TypeVar("Item")
Result = TypeVar("Result")
Statement: TypeAlias = Callable[[Pool, Sequence[Item], int], Awaitable[list[Result]]]


DOORS_AT_ONCE: Final = 1
"""Batches that each door to PostgreSQL may have under way. On two busy cores a second one made claims later."""
TOLD: Final = 10_000
"""Troubles that are known to be told, the newest. One that is forgotten is asked of PostgreSQL again."""

_chat = attrgetter("bot_id", "chat_id")


class Doors:
    """All methods raise UnreachableError if the server behind the door does not answer."""

    def __init__(self, pool: Pool, client: Redis, timers: Timers, sender: Sender, clock: ServerClock) -> None:
        self._pool = pool
        self._client = client
        self._timers = timers
        self._sender = sender
        self._clock = clock
        self.begin: Batcher[Beginning, Begun] = self._door(begin_episodes)
        self.claim: Batcher[Claiming, Found] = self._door(claim_deliveries)
        self.report: Batcher[Report, Reported] = self._door(report_outcomes)
        self._told: OrderedDict[tuple[int, str, str], None] = OrderedDict()
        self._gathered = GatheredTimers(timers)

    def _door(self, run: Statement[Item, Result]) -> Batcher[Item, Result]:
        return Batcher(partial(self._statement, run), _chat, at_once=DOORS_AT_ONCE)

    async def pass_(self, bot_id: int, look: LastLook) -> Fence:
        """The last look, with the pace token in hand: when it is CURRENT, the request is the next thing written."""
        return await self._gathered.pass_(bot_id, look)

    async def settle(self, bot_id: int, plan: NextTimer) -> Fence:
        return await self._gathered.settle(bot_id, plan)

    async def restore(self, bot_id: int, lost: Lost) -> None:
        await self._timers.restore(bot_id, [lost])

    async def prepare(self, speaker: Speaker, content: Content) -> Prepared | Busy | Missing:
        return await self._sender.prepare(speaker, content)

    def release(self, speaker: Speaker, prepared: Prepared) -> None:
        self._sender.release(speaker, prepared)

    async def send(
        self, speaker: Speaker, chat_id: int, prepared: Prepared, effects: Effects, attempts: int
    ) -> Outcome:
        outcome = await self._sender.send(speaker, chat_id, prepared, effects, attempts)
        metrics.answered(speaker.username, outcome)
        return outcome

    async def act(self, speaker: Speaker, chat_id: int, action: Action) -> Outcome:
        return await self._sender.act(speaker, chat_id, action)

    async def hold(self, bot_id: int, until_ms: int) -> None:
        """Keep every poller from claiming for the bot until then."""
        await bot_state.hold(self._client, bot_id, until_ms)

    async def mark_unreachable(self, bot_id: int, chat_id: int, since_ms: int) -> None:
        async with transaction(self._pool) as connection:
            await chats.mark_unreachable(connection, [(bot_id, chat_id)], since_ms)

    async def tell_of_block(self, bot_id: int, cursor: Cursor, trouble: str, detail: str) -> None:
        """Tell admins what is wrong with a block: once per version, however many people it was for."""
        kind, subject = f"block_{trouble}", f"version {cursor.pinned}, {cursor.step}/{cursor.block}"
        if (bot_id, kind, subject) in self._told:
            return
        async with transaction(self._pool) as connection:
            await incidents.open_incident(connection, bot_id, kind, detail, self._clock.now_ms(), subject)
        self._told[bot_id, kind, subject] = None
        if len(self._told) > TOLD:
            self._told.popitem(last=False)

    async def _statement(self, run: Statement[Item, Result], items: list[Item]) -> list[Result | Exception]:
        """What PostgreSQL refuses of one caller fails for no other: halves of the batch are tried by themselves."""
        try:
            return [*await run(self._pool, items, self._clock.now_ms())]
        except RefusedError as error:
            half = len(items) // 2
            if not half:
                return [error]
        return [*await self._statement(run, items[:half]), *await self._statement(run, items[half:])]
