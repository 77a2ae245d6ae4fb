"""Sending a text."""

from bench.sandbox import errors
from bench.sandbox.errors import ApiError
from bench.sandbox.keyboard import inline_keyboard
from bench.sandbox.methods.call import Call, Method, known_chat, require_open
from bench.sandbox.methods.wording import require_text, worded
from bench.sandbox.objects import Message
from bench.sandbox.state import seconds

LONGEST_TEXT = 4096


def send_message(call: Call) -> Message:
    """Judge the text before the chat, its length after it, the person's relation last: as the server does."""
    markup = inline_keyboard(call.given.get("reply_markup"))
    words = worded(call)
    require_text(words)
    conversation = known_chat(call)
    if len(words.text) > LONGEST_TEXT:
        raise ApiError(errors.TEXT_TOO_LONG)
    require_open(conversation)
    message = Message(conversation.next_message_id, call.bot.sender, conversation.person.chat, seconds(call.now_ms))
    message.text, message.entities = words
    message.reply_markup = markup
    conversation.add(message, call.now_ms)
    return message


MESSAGES: dict[str, Method] = {"sendMessage": send_message}
