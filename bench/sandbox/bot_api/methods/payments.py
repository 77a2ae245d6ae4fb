"""A bot's part in a payment: it allows or refuses it within ten seconds, and may refund Stars later."""

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method
from bench.sandbox.errors import ApiError
from bench.sandbox.world.payments import refund, settle

_ANSWERABLE_MS = 10_000


def answer_pre_checkout_query(call: Call) -> bool:
    """Accept one answer, in time; `ok` makes the payment."""
    allowed = parameters.boolean(call.given, "ok")
    if not allowed and not parameters.text(call.given, "error_message"):
        raise ApiError(errors.required("error_message"))
    checkout = call.bot.checkouts.pop(parameters.text(call.given, "pre_checkout_query_id"), None)
    if checkout is None or call.now_ms - checkout.at_ms > _ANSWERABLE_MS:
        raise ApiError(errors.QUERY_TOO_OLD)
    if allowed:
        settle(call.state, call.bot, checkout, call.now_ms)
    return True


def refund_star_payment(call: Call) -> bool:
    user_id = parameters.integer(call.given, "user_id")
    if user_id <= 0:
        raise ApiError(errors.USER_ID_INVALID)
    charge_id = parameters.text(call.given, "telegram_payment_charge_id")
    if not charge_id:
        raise ApiError(errors.required("telegram_payment_charge_id"))
    payment = call.bot.payments.get(charge_id)
    if payment is None or payment.conversation.person.user.id != user_id:
        raise ApiError(errors.CHARGE_NOT_FOUND)
    if payment.refunded:
        raise ApiError(errors.ALREADY_REFUNDED)
    refund(call.state, call.bot, payment, call.now_ms)
    return True


PAYMENTS: dict[str, Method] = {
    "answerPreCheckoutQuery": answer_pre_checkout_query,
    "refundStarPayment": refund_star_payment,
}
