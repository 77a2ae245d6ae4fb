"""Answers to taps: one each, within fifteen seconds."""

from urllib.parse import urlsplit

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method
from bench.sandbox.errors import ApiError
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.conversation import TapAnswer

_ANSWERABLE_MS = 15_000
_LONGEST_TEXT = 200


def answer_callback_query(call: Call) -> bool:
    """Check the text before the tap is used up, so that a bot may try again."""
    query_id = parameters.text(call.given, "callback_query_id")
    query = call.bot.queries.get(query_id)
    if query is None or call.now_ms - query.at_ms > _ANSWERABLE_MS:
        raise ApiError(errors.QUERY_TOO_OLD)
    text, url = parameters.text(call.given, "text"), parameters.text(call.given, "url")
    if len(text) > _LONGEST_TEXT:
        raise ApiError(errors.ANSWER_TOO_LONG)
    if url and not _leads_to(call.bot, url):
        raise ApiError(errors.URL_INVALID)
    del call.bot.queries[query_id]
    query.answer = TapAnswer(call.now_ms, text, url, alert=parameters.boolean(call.given, "show_alert"))
    return True


def _leads_to(bot: Bot, url: str) -> bool:
    """A tap may only lead back to the bot, as a start with a payload."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.hostname == "t.me" and parts.path == f"/{bot.user.username}" and parts.query.startswith("start=")


ANSWERS: dict[str, Method] = {"answerCallbackQuery": answer_callback_query}
