"""Deleting messages while they are young: a bot may delete its own and the person's.

In a list, unknown messages are skipped; one message that is too old keeps all the others from being deleted.
"""

from typing import Any

import msgspec

from bench.sandbox import errors, untrusted_json
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat
from bench.sandbox.errors import ApiError
from bench.sandbox.world.conversation import Conversation, Relation
from bench.sandbox.world.retention import Glimpse

_DELETABLE_MS = 48 * 3600 * 1000
_MOST = 100
_HIGHEST_ID = 2**31 - 1


def delete_message(call: Call) -> bool:
    if not parameters.text(call.given, "chat_id"):
        raise ApiError(errors.CHAT_NOT_GIVEN)
    message_id = parameters.integer(call.given, "message_id")
    if message_id == 0:
        raise ApiError(errors.MESSAGE_NOT_GIVEN)
    conversation = _chat(call)
    if _glimpse(conversation, message_id) is None:
        raise ApiError(errors.MESSAGE_TO_DELETE_NOT_FOUND)
    return _delete(call, conversation, [message_id])


def delete_messages(call: Call) -> bool:
    message_ids = _message_ids(call.given.get("message_ids"))
    conversation = _chat(call)
    return _delete(call, conversation, [one for one in message_ids if _glimpse(conversation, one)])


def _chat(call: Call) -> Conversation:
    """Find the chat; a bot may delete messages even where it is blocked."""
    conversation = known_chat(call)
    if conversation.relation is Relation.DELETED:
        raise ApiError(errors.DEACTIVATED)
    return conversation


def _glimpse(conversation: Conversation, message_id: int) -> Glimpse | None:
    """Look at a message that has not been deleted."""
    seen = conversation.messages.glimpse(message_id)
    return None if seen is None or seen.deleted else seen


def _delete(call: Call, conversation: Conversation, doomed: list[int]) -> bool:
    seen = [_glimpse(conversation, message_id) for message_id in doomed]
    if any(one and call.now_ms - one.at_ms > _DELETABLE_MS for one in seen):
        raise ApiError(errors.MESSAGE_CANNOT_BE_DELETED)
    for message_id in doomed:
        conversation.messages.delete(message_id, call.now_ms)
    return True


def _message_ids(given: Any) -> list[int]:
    if given is None or given == "":
        raise ApiError(errors.MESSAGES_NOT_GIVEN)
    values = _decoded(given) if isinstance(given, str) else given
    if not isinstance(values, list):
        raise ApiError(errors.MESSAGES_NOT_ARRAY)
    if len(values) > _MOST:
        raise ApiError(errors.TOO_MANY_MESSAGES)
    if not values:
        raise ApiError(errors.MESSAGES_NOT_GIVEN)
    return [_message_id(value) for value in values]


def _decoded(given: str) -> Any:
    try:
        return untrusted_json.decode(given)
    except msgspec.DecodeError as error:
        raise ApiError(errors.MESSAGES_NOT_JSON) from error


def _message_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ApiError(errors.MESSAGE_ID_NOT_NUMBER)
    try:
        number = int(str(value))
    except ValueError as error:
        raise ApiError(errors.MESSAGE_ID_UNREADABLE) from error
    if abs(number) > _HIGHEST_ID:
        raise ApiError(errors.MESSAGE_ID_UNREADABLE)
    if number <= 0:
        raise ApiError(errors.MESSAGE_ID_INVALID)
    return number


DELETES: dict[str, Method] = {"deleteMessage": delete_message, "deleteMessages": delete_messages}
