"""What an update does, by any route: first what must not be lost (a payment, a block), then a touch.

An update may be acknowledged when `take` has returned. Taking one twice is harmless. Opting out does not count as
coming back: it ends the silence as `opted_out`, and arms nothing. Undoing that is a touch like any other. A refund
neither ends nor begins anything, and a renewal of a subscription begins nothing. Somebody who has never started the bot
cannot be written to, so what they do elsewhere begins nothing either.
"""

import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from engine.chats.activity import Active, Activity, Profile
from engine.chats.endings import Endings
from engine.receiver.events import Charge, Event, Gone, Refund, Renewal, SignOfLife, Wish
from engine.receiver.opt_out_replies import OptOutReplies, Reply
from engine.runtime.telemetry import logger
from storage.postgres import chats, payments
from storage.postgres.chats import Life
from storage.postgres.pool import transaction
from storage.redis.client import Redis
from storage.redis.timer_values import Sign


class UpdateHandler(NamedTuple):
    """If a method raises UnreachableError, the update must not be acknowledged."""

    client: Redis
    activity: Activity
    endings: Endings
    replies: OptOutReplies

    async def take_all(self, bot_id: int, events: Sequence[Event]) -> None:
        """The events of one chat take effect in their order (a person who blocked the bot and came back is back),
        those of different chats at the same time: chats with plain signs of life alone share one call of Redis.

        Returns when nothing is under way any more; then raises a failure, and all updates will come again.
        """
        by_chat: dict[int, list[Event]] = {}
        for event in events:
            by_chat.setdefault(event.chat_id, []).append(event)
        plain = {chat_id: signs for chat_id, of_chat in by_chat.items() if (signs := _plain_signs(of_chat))}
        results = await asyncio.gather(
            self.activity.mark_users_active(bot_id, list(chain.from_iterable(plain.values()))),
            *(self._take_in_order(bot_id, of_chat) for chat_id, of_chat in by_chat.items() if chat_id not in plain),
            return_exceptions=True,
        )
        for failure in filter(None, results):
            raise failure

    async def _take_in_order(self, bot_id: int, events: Sequence[Event]) -> None:
        for event in events:
            await self.take(bot_id, event)

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
        await self.activity.mark_user_activity(bot_id, sign.chat_id, sign.seen_ms, _person(sign))

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


def _person(sign: SignOfLife) -> Profile:
    return Profile(sign.first_name, sign.username, sign.language)


def _plain_signs(of_chat: Sequence[Event]) -> list[Active]:
    """What these events of a chat are if they are signs of life and no more; else nothing."""
    signs = [event for event in of_chat if isinstance(event, SignOfLife) and event.is_plain]
    if len(signs) < len(of_chat):
        return []
    return [Active(Sign(sign.chat_id, sign.seen_ms), _person(sign)) for sign in signs]
