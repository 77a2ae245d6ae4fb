"""Copying a message: its content without its keyboard, into a chat of the same bot."""

from msgspec.structs import replace

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method, chat_named, known_chat
from bench.sandbox.bot_api.methods.pieces import LONGEST_CAPTION
from bench.sandbox.bot_api.methods.sending import begin, put, read_options
from bench.sandbox.bot_api.methods.wording import Worded, require_fitting, worded
from bench.sandbox.errors import ApiError
from bench.sandbox.world.media_messages import MediaMessage
from bench.sandbox.world.objects import Message, MessageId


def copy_message(call: Call) -> MessageId:
    options = read_options(call)
    caption = worded(call, "caption") if "caption" in call.given else None
    source = _source(call)
    chat = known_chat(call)
    if caption is not None:
        require_fitting(caption, LONGEST_CAPTION, errors.CAPTION_TOO_LONG)
    begun = begin(call, chat, options, Message)
    message = _captioned(call, _copied(source, begun), caption)
    return MessageId(put(call, chat, options, message).message_id)


def _source(call: Call) -> Message:
    stored = chat_named(call, call.given.get("from_chat_id")).messages.get(parameters.integer(call.given, "message_id"))
    if stored is None or stored.deleted:
        raise ApiError(errors.MESSAGE_TO_COPY_NOT_FOUND)
    if stored.message.successful_payment is not None:
        raise ApiError(errors.NOT_COPYABLE)
    return stored.message


def _copied(source: Message, begun: Message) -> Message:
    """Take the content of the source, and everything else from the message that was begun."""
    message = replace(
        source,
        message_id=begun.message_id,
        sender=begun.sender,
        chat=begun.chat,
        date=begun.date,
        edit_date=None,
        reply_markup=begun.reply_markup,
        reply_to_message=begun.reply_to_message,
        has_protected_content=begun.has_protected_content,
        effect_id=begun.effect_id,
    )
    if isinstance(message, MediaMessage):
        message.media_group_id = None
    return message


def _captioned(call: Call, message: Message, caption: Worded | None) -> Message:
    """Replace the caption if one is given, even an empty one; a text message keeps its text."""
    if caption is not None and isinstance(message, MediaMessage) and message.poll is None:
        message.caption, message.caption_entities = caption.text or None, caption.entities
        message.show_caption_above_media = parameters.boolean(call.given, "show_caption_above_media")
    return message


COPIES: dict[str, Method] = {"copyMessage": copy_message}
