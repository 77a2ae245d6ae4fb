"""Deleting messages, while they are young."""

from bench.sandbox import errors, parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.methods.call import Call, Method, known_chat

_DELETABLE_MS = 48 * 3600 * 1000


def delete_message(call: Call) -> bool:
    conversation = known_chat(call)
    stored = conversation.messages.get(parameters.integer(call.given, "message_id"))
    if stored is None or stored.deleted:
        raise ApiError(errors.MESSAGE_TO_DELETE_NOT_FOUND)
    if call.now_ms - stored.at_ms > _DELETABLE_MS:
        raise ApiError(errors.MESSAGE_CANNOT_BE_DELETED)
    stored.deleted = True
    return True


DELETES: dict[str, Method] = {"deleteMessage": delete_message}
