"""Payments and refunds in Stars: each is a message in the chat and an update for the bot. Pure."""

from typing import NamedTuple

from msgspec.structs import replace

from bench.sandbox.world.bot import Bot, Checkout, Payment
from bench.sandbox.world.conversation import Conversation
from bench.sandbox.world.objects import Message, RefundedPayment, SuccessfulPayment, seconds
from bench.sandbox.world.state import State

CURRENCY = "XTR"
_MONTH_S = 2_592_000


class PaymentNotice(NamedTuple):
    """The message in the chat, and the update about it."""

    message_id: int
    update_id: int | None


def settle(state: State, bot: Bot, checkout: Checkout, now_ms: int, *, renews: bool = False) -> PaymentNotice:
    """Make the payment; one that `renews` is charged for a subscription by Telegram itself."""
    message = _service_message(checkout.conversation, now_ms)
    charge = f"{bot.id}:{message.chat.id}:{message.message_id}"
    paid = SuccessfulPayment(CURRENCY, checkout.amount, checkout.payload, f"tg:{charge}", f"provider:{charge}")
    if renews:
        paid = replace(paid, subscription_expiration_date=seconds(now_ms) + _MONTH_S, is_recurring=True)
    message.successful_payment = paid
    bot.payments[paid.telegram_payment_charge_id] = Payment(checkout.conversation, paid)
    return _notify(state, bot, checkout.conversation, message, now_ms)


def refund(state: State, bot: Bot, payment: Payment, now_ms: int) -> PaymentNotice:
    """Give the person the Stars back."""
    payment.refunded = True
    message, charge = _service_message(payment.conversation, now_ms), payment.charge
    message.refunded_payment = RefundedPayment(
        charge.currency, charge.total_amount, charge.invoice_payload, charge.telegram_payment_charge_id
    )
    return _notify(state, bot, payment.conversation, message, now_ms)


def _service_message(conversation: Conversation, now_ms: int) -> Message:
    person = conversation.person
    return Message(conversation.next_message_id, person.user, person.chat, seconds(now_ms))


def _notify(state: State, bot: Bot, conversation: Conversation, message: Message, now_ms: int) -> PaymentNotice:
    conversation.add(message, now_ms)
    return PaymentNotice(message.message_id, state.queue(bot, "message", message))
