"""Ends what is under way in chats for a cause from outside: a payment, an opt-out, a block.

PostgreSQL records the cause first; then the timers go, and with them every right to send; then the open episodes are
closed. When a method has returned, nothing older can pass any more: only then is the cause acknowledged. It is safe to
repeat after any interruption, and the claim statement sees the cause meanwhile. A bot at which many come at once
leaves the process's other connections to PostgreSQL to the other bots.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from engine.core.delivery.gate import Reason
from engine.runtime.telemetry import logger
from storage.postgres import chats, payments
from storage.postgres.chats import Ended, Life
from storage.postgres.payments import PAID, Earning, Payment, Recorded
from storage.postgres.pool import Pool, transaction
from storage.redis.client import Redis
from storage.redis.server_clock import bot_now_ms
from storage.redis.timers import Timers

TOGETHER: Final = 2
"""Endings of one bot that are under way at once; the others wait their turn."""


class Paid(NamedTuple):
    """How the payments stand, in order, and the episodes that they ended."""

    recorded: list[Recorded]
    ended: list[Ended]


class Endings:
    """`name` gives a bot's name for the log. Every method raises UnreachableError."""

    def __init__(self, pool: Pool, client: Redis, timers: Timers, name: Callable[[int], str]) -> None:
        self.pool = pool
        self.client = client
        self.timers = timers
        self.name = name
        self._turns: dict[int, asyncio.Semaphore] = {}

    async def pay(self, several: Sequence[Payment]) -> Paid:
        """Record at most 512 payments of one bot, each external id once; returns how each stands."""
        async with self._turn(several[0].bot_id):
            return await self._pay(several)

    async def opt_out(self, life: Life) -> None:
        """End this chat's reminders for good; `life` gives the moment, 0 being now, and the person."""
        async with self._turn(life.bot_id):
            await self._opt_out(life)

    async def lose(self, bot_id: int, chat_id: int, at_ms: int) -> None:
        """The chat cannot be written to since that moment, 0 being now, until the person writes again."""
        async with self._turn(bot_id):
            await self._lose(bot_id, chat_id, at_ms)

    def _turn(self, bot_id: int) -> asyncio.Semaphore:
        if bot_id not in self._turns:
            self._turns[bot_id] = asyncio.Semaphore(TOGETHER)
        return self._turns[bot_id]

    async def _pay(self, several: Sequence[Payment]) -> Paid:
        now_ms = await bot_now_ms(self.client, several[0].bot_id)
        several = [payment._replace(paid_at_ms=min(payment.paid_at_ms or now_ms, now_ms)) for payment in several]
        async with transaction(self.pool) as connection:
            recorded = await payments.record(connection, several)
        earning = _latest(several, recorded)
        return Paid(recorded, await self._earn(several[0].bot_id, earning, now_ms) if earning else [])

    async def _opt_out(self, life: Life) -> None:
        now_ms = await bot_now_ms(self.client, life.bot_id)
        async with transaction(self.pool) as connection:
            await chats.opt_out(connection, life._replace(last_active_ms=min(life.last_active_ms or now_ms, now_ms)))
        await self._conclude(life.bot_id, life.chat_id, Reason.OPTED_OUT, now_ms)

    async def _lose(self, bot_id: int, chat_id: int, at_ms: int) -> None:
        now_ms = await bot_now_ms(self.client, bot_id)
        async with transaction(self.pool) as connection:
            await chats.mark_unreachable(connection, [(bot_id, chat_id)], min(at_ms or now_ms, now_ms))
        await self._conclude(bot_id, chat_id, Reason.UNREACHABLE, now_ms)

    async def _earn(self, bot_id: int, earning: list[Earning], now_ms: int) -> list[Ended]:
        unsent = await self._unsent(bot_id, [item.chat_id for item in earning if item.skips])
        earning = [item._replace(unsent=item.chat_id in unsent) for item in earning]
        async with transaction(self.pool) as connection:
            ended = await payments.earn(connection, earning, now_ms)
        self._tell(ended, Reason.PAID)
        return ended

    async def _conclude(self, bot_id: int, chat_id: int, reason: Reason, now_ms: int) -> None:
        unsent = await self._unsent(bot_id, [chat_id])
        async with transaction(self.pool) as connection:
            ended = await chats.conclude(connection, [(bot_id, chat_id, chat_id in unsent)], reason, now_ms)
        self._tell(ended, reason)

    async def _unsent(self, bot_id: int, chat_ids: list[int]) -> frozenset[int]:
        """Remove the chats' timers; returns those whose episode it broke while surely nothing was on the wire."""
        broken = await self.timers.end(bot_id, chat_ids) if chat_ids else ()
        return frozenset(item.chat_id for item in broken if not item.on_wire)

    def _tell(self, ended: list[Ended], reason: Reason) -> None:
        for item in ended:
            log = logger().bind(bot=self.name(item.bot_id), chat=item.chat_id, reason=reason)
            log.info("Recovery episode ended", episode=item.episode_id)


def _latest(several: Sequence[Payment], recorded: Sequence[Recorded]) -> list[Earning]:
    """The latest valid payment of each chat."""
    standing = [
        Earning(payment.bot_id, payment.chat_id, payment.paid_at_ms, found.skips, unsent=False)
        for payment, found in zip(several, recorded, strict=True)
        if found.status == PAID
    ]
    return list({item.chat_id: item for item in sorted(standing)}.values())
