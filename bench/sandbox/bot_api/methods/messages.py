"""Sending a text."""

from bench.sandbox import errors
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat
from bench.sandbox.bot_api.methods.sending import begin, link_preview, put, read_options
from bench.sandbox.bot_api.methods.wording import require_text, worded
from bench.sandbox.errors import ApiError
from bench.sandbox.world.objects import Message

LONGEST_TEXT = 4096


def send_message(call: Call) -> Message:
    """Check the text before the chat, its length after it, and the person's relation last, as the server does."""
    options, preview = read_options(call), link_preview(call.given)
    words = worded(call)
    require_text(words)
    conversation = known_chat(call)
    if len(words.text) > LONGEST_TEXT:
        raise ApiError(errors.TEXT_TOO_LONG)
    message = begin(call, conversation, options, Message)
    message.text, message.entities = words
    message.link_preview_options = preview
    return put(call, conversation, options, message)


MESSAGES: dict[str, Method] = {"sendMessage": send_message}
