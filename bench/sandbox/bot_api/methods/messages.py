"""Sending a text."""

from bench.sandbox import errors
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat
from bench.sandbox.bot_api.methods.sending import begin, link_preview, put, read_options
from bench.sandbox.bot_api.methods.wording import require_fitting, require_text, require_visible, worded
from bench.sandbox.world.objects import Message

LONGEST_TEXT = 4096


def send_message(call: Call) -> Message:
    """Check the markup before the chat, the text after it, and the person's relation last, as the server does."""
    options, preview = read_options(call), link_preview(call.given)
    require_text(call)
    words = worded(call)
    conversation = known_chat(call)
    require_fitting(words, LONGEST_TEXT, errors.TEXT_TOO_LONG)
    require_visible(words)
    message = begin(call, conversation, options, Message)
    message.text, message.entities = words.text, words.entities
    message.link_preview_options = preview
    return put(call, conversation, options, message)


MESSAGES: dict[str, Method] = {"sendMessage": send_message}
