"""Chats as a bot sees them, and the signs of activity that it shows there."""

from bench.sandbox import errors, parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.methods.call import Call, Method, known_chat, require_open
from bench.sandbox.objects import ChatFullInfo
from bench.sandbox.state import Relation

_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    },
)


def get_chat(call: Call) -> ChatFullInfo:
    conversation = known_chat(call)
    if conversation.relation is Relation.NEVER:
        raise ApiError(errors.CHAT_NOT_FOUND)
    chat = conversation.person.chat
    return ChatFullInfo(chat.id, chat.type, chat.first_name, chat.username)


def send_chat_action(call: Call) -> bool:
    if parameters.text(call.given, "action").lower() not in _ACTIONS:
        raise ApiError(errors.WRONG_ACTION)
    require_open(known_chat(call))
    return True


CHATS: dict[str, Method] = {"getChat": get_chat, "sendChatAction": send_chat_action}
