"""Chats as a bot sees them."""

from bench.sandbox import errors
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat
from bench.sandbox.errors import ApiError
from bench.sandbox.world.conversation import Relation
from bench.sandbox.world.objects import ChatFullInfo


def get_chat(call: Call) -> ChatFullInfo:
    conversation = known_chat(call)
    if conversation.relation is Relation.NEVER:
        raise ApiError(errors.CHAT_NOT_FOUND)
    chat = conversation.person.chat
    return ChatFullInfo(chat.id, chat.type, chat.first_name, chat.username)


CHATS: dict[str, Method] = {"getChat": get_chat}
