"""One call of a method, and the chat that it names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.conversation import Conversation, Relation
from bench.sandbox.world.state import State


class Call(NamedTuple):
    state: State
    bot: Bot
    given: Parameters
    now_ms: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """True, answered with a description beside it."""

    description: str


# What a method returns is rendered as the `result` of the answer.
Method = Callable[[Call], Any]

# Ids of people are below this.
_FIRST_OTHER_ID = 2**40
_CLOSED = {
    Relation.NEVER: errors.CANNOT_INITIATE,
    Relation.BLOCKED: errors.BLOCKED,
    Relation.DELETED: errors.DEACTIVATED,
}


def known_chat(call: Call) -> Conversation:
    """Find the chat that the call names."""
    return chat_named(call, call.given.get("chat_id"))


def chat_named(call: Call, given: Any) -> Conversation:
    if given is None or given == "":
        raise ApiError(errors.CHAT_ID_EMPTY)
    chat_id = parameters.integer({"chat_id": given}, "chat_id")
    if chat_id in call.state.bots:
        raise ApiError(errors.USER_IS_BOT)
    if chat_id not in call.state.people:
        raise ApiError(_stranger(call, chat_id))
    return call.state.conversation(call.bot, chat_id)


def _stranger(call: Call, chat_id: int) -> errors.Refusal:
    """Refuse an unknown person; a paid broadcast does not look people up first."""
    unseen = 0 < chat_id < _FIRST_OTHER_ID and parameters.boolean(call.given, "allow_paid_broadcast")
    return errors.CANNOT_INITIATE if unseen else errors.CHAT_NOT_FOUND


def require_open(chat: Conversation) -> None:
    """Refuse unless the person started the bot, did not block it, and still has an account."""
    refusal = _CLOSED.get(chat.relation)
    if refusal is not None:
        raise ApiError(refusal)
