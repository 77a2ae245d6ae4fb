"""What an update does, by any route: first what must not be lost (a payment, a block), then a touch.

An update may be acknowledged when `take` has returned. Taking one twice is harmless. Opting out does not count as
coming back: it ends the silence as `opted_out`, and arms nothing. Undoing that is a touch like any other. A refund
neither ends nor begins anything, and a renewal of a subscription begins nothing. Somebody who has never started the bot
cannot be written to, so what they do elsewhere begins nothing either.
"""

from typing import NamedTuple

from engine.chats.activity import Activity, Profile
from engine.chats.endings import Endings
from engine.receiver.events import Charge, Event, Gone, Refund, Renewal, SignOfLife, Wish
from engine.receiver.opt_out_replies import OptOutReplies, Reply
from engine.runtime.telemetry import logger
from storage.postgres import chats, payments
from storage.postgres.chats import Life
from storage.postgres.pool import transaction
from storage.redis.client import Redis


class UpdateHandler(NamedTuple):
    """If a method raises UnreachableError, the update must not be acknowledged."""

    client: Redis
    activity: Activity
    endings: Endings
    replies: OptOutReplies

    async def take(self, bot_id: int, event: Event) -> None:
        match event:
            case Gone(chat_id, at_ms):
                await self.endings.lose(bot_id, chat_id, at_ms)
            case Refund(chat_id, at_ms, payment):
                await self._pay(bot_id, chat_id, at_ms, payment, payments.REFUNDED)
            case Renewal(chat_id, at_ms, payment):
                await self._pay(bot_id, chat_id, at_ms, payment, payments.PAID)
            case SignOfLife():
                await self._live(bot_id, event)

    async def _live(self, bot_id: int, sign: SignOfLife) -> None:
        if sign.payment:
            await self._pay(bot_id, sign.chat_id, sign.seen_ms, sign.payment, payments.PAID)
        if sign.if_known and not await self.activity.knows(bot_id, sign.chat_id):
            return
        if sign.wish:
            await self._fulfil(bot_id, sign, sign.wish)
        else:
            await self._touch(bot_id, sign)

    async def _touch(self, bot_id: int, sign: SignOfLife) -> None:
        person = Profile(sign.first_name, sign.username, sign.language)
        await self.activity.mark_user_activity(bot_id, sign.chat_id, sign.seen_ms, person)

    async def _pay(self, bot_id: int, chat_id: int, at_ms: int, paid: Charge, status: str) -> None:
        """A contradictory payment is logged, and the update acknowledged: another delivery would not help."""
        payment = payments.Payment(bot_id, paid.charge_id, chat_id, paid.amount, paid.currency, status, at_ms)
        (recorded,) = (await self.endings.pay([payment])).recorded
        log = logger().bind(bot=self.activity.name(bot_id), chat=chat_id)
        if recorded.status is None:
            log.warning("Payment ignored: it contradicts an earlier one of the same id")
        elif recorded.status != recorded.before:
            log.info("Payment recorded", status=recorded.status)

    async def _fulfil(self, bot_id: int, sign: SignOfLife, wish: Wish) -> None:
        """A wish delivered again after its fulfilment changes nothing: it may have been undone since."""
        if self.replies.knows(bot_id, wish):
            return
        if wish.undo:
            async with transaction(self.endings.pool) as connection:
                await chats.opt_in(connection, bot_id, sign.chat_id)
            await self._touch(bot_id, sign)
        else:
            await self.endings.opt_out(
                Life(bot_id, sign.chat_id, sign.seen_ms, sign.first_name, sign.username, sign.language)
            )
        log = logger().bind(bot=self.activity.name(bot_id), chat=sign.chat_id)
        log.info("Opt-out undone" if wish.undo else "Opted out")
        self.replies.put(Reply(bot_id, sign.chat_id, sign.language, wish))
