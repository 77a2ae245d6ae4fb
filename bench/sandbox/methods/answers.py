"""Answers to what a person asked by a tap."""

from bench.sandbox import errors, parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.methods.call import Call, Method
from bench.sandbox.state import TapAnswer

_ANSWERABLE_MS = 15_000


def answer_callback_query(call: Call) -> bool:
    """Accept one answer to a tap, and only soon."""
    query = call.bot.queries.pop(parameters.text(call.given, "callback_query_id"), None)
    if query is None or call.now_ms - query.at_ms > _ANSWERABLE_MS:
        raise ApiError(errors.QUERY_TOO_OLD)
    text, url = parameters.text(call.given, "text"), parameters.text(call.given, "url")
    query.answer = TapAnswer(call.now_ms, text, url, alert=parameters.boolean(call.given, "show_alert"))
    return True


ANSWERS: dict[str, Method] = {"answerCallbackQuery": answer_callback_query}
