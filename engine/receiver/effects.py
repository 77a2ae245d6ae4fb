"""What an update does, by whichever way it came: a touch, and before it what must not be lost: a payment, a block.

An update may be acknowledged when `take` has returned. To take one twice is harmless.
"""

from typing import NamedTuple

from engine.activity import Activity, Person
from engine.core.gate import Reason
from engine.receiver import updates
from engine.receiver.updates import UNDATED, Gone, Sign
from engine.telemetry import logger
from storage import chats, feed
from storage.chats import Payment
from storage.postgres import Pool, transaction
from storage.redis import Redis
from storage.timers import Timers


class Effects(NamedTuple):
    """All methods raise UnreachableError: the update must not be acknowledged then."""

    pool: Pool
    client: Redis
    timers: Timers
    activity: Activity

    async def take(self, bot_id: int, event: Sign | Gone) -> None:
        if isinstance(event, Gone):
            await self._end(bot_id, event.chat_id, Reason.UNREACHABLE, event.at_ms)
            return
        if event.payment:
            await self._pay(bot_id, event, event.payment)
        person = Person(event.first_name, event.username, event.language)
        await self.activity.mark_user_activity(bot_id, event.chat_id, event.seen_ms, person)

    async def _pay(self, bot_id: int, sign: Sign, paid: updates.Payment) -> None:
        payment = Payment(bot_id, paid.charge_id, sign.chat_id, paid.amount, paid.currency, "paid", sign.seen_ms)
        async with transaction(self.pool) as connection:
            await chats.record_payment(connection, payment)
        await self._end(bot_id, sign.chat_id, Reason.PAID)

    async def _end(self, bot_id: int, chat_id: int, reason: Reason, at_ms: int = UNDATED) -> None:
        """PostgreSQL knows it first; then the timer goes; then what was under way is closed."""
        now_ms = await feed.server_now_ms(self.client)
        if reason is Reason.UNREACHABLE:
            async with transaction(self.pool) as connection:
                await chats.mark_unreachable(connection, [(bot_id, chat_id)], at_ms or now_ms)
        broken = await self.timers.end(bot_id, [chat_id])
        unsent = bool(broken) and not broken[0].on_wire
        async with transaction(self.pool) as connection:
            ended = await chats.conclude(connection, [(bot_id, chat_id, unsent)], reason, now_ms)
        log = logger().bind(bot=self.activity.name(bot_id), chat=chat_id, reason=reason)
        for episode in ended:
            log.info("Recovery episode ended", episode=episode.episode_id)
