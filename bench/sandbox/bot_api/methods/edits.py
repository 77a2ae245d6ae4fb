"""Editing what the bot itself has sent, however old. An edit that changes nothing is refused.

The new message replaces the old one; copies that were handed out before do not change. An edit always sets the
keyboard: without one the message loses its own.
"""

from msgspec.structs import replace

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method, chat_named, require_open
from bench.sandbox.bot_api.methods.messages import LONGEST_TEXT
from bench.sandbox.bot_api.methods.pieces import LONGEST_CAPTION
from bench.sandbox.bot_api.methods.sending import link_preview
from bench.sandbox.bot_api.methods.wording import require_fitting, require_text, require_visible, worded
from bench.sandbox.errors import ApiError
from bench.sandbox.formatting.reply_markup import edited_keyboard
from bench.sandbox.world.conversation import Conversation
from bench.sandbox.world.media_messages import MediaMessage
from bench.sandbox.world.objects import Message, seconds
from bench.sandbox.world.retention import Stored


def edit_message_text(call: Call) -> Message:
    preview = link_preview(call.given)
    require_text(call)
    words = worded(call)
    change = {"reply_markup": edited_keyboard(call.given.get("reply_markup")), "link_preview_options": preview}
    conversation, stored = own_message(call)
    if stored.message.text is None:
        raise ApiError(errors.NO_TEXT_TO_EDIT)
    require_fitting(words, LONGEST_TEXT, errors.TEXT_TOO_LONG)
    require_visible(words)
    edited = replace(stored.message, text=words.text, entities=words.entities, **change)
    return put_edited(call, conversation, stored, edited)


def edit_message_caption(call: Call) -> Message:
    markup, words = edited_keyboard(call.given.get("reply_markup")), worded(call, "caption")
    conversation, stored = own_message(call)
    if not _captioned(stored.message):
        raise ApiError(errors.NO_CAPTION_TO_EDIT)
    require_fitting(words, LONGEST_CAPTION, errors.CAPTION_TOO_LONG)
    edited = replace(
        stored.message,
        reply_markup=markup,
        caption=words.text or None,
        caption_entities=words.entities,
        show_caption_above_media=parameters.boolean(call.given, "show_caption_above_media"),
    )
    return put_edited(call, conversation, stored, edited)


def edit_message_reply_markup(call: Call) -> Message:
    markup = edited_keyboard(call.given.get("reply_markup"))
    conversation, stored = own_message(call)
    return put_edited(call, conversation, stored, replace(stored.message, reply_markup=markup))


def own_message(call: Call) -> tuple[Conversation, Stored]:
    """Find the message that the call names; it must be the bot's."""
    message_id = parameters.integer(call.given, "message_id")
    if not parameters.text(call.given, "chat_id") and message_id == 0:
        inline = parameters.text(call.given, "inline_message_id")
        raise ApiError(errors.INLINE_MESSAGE_UNKNOWN if inline else errors.MESSAGE_NOT_GIVEN)
    conversation = chat_named(call, call.given.get("chat_id"))
    stored = conversation.messages.get(message_id)
    if stored is None or stored.deleted:
        raise ApiError(errors.MESSAGE_TO_EDIT_NOT_FOUND)
    if stored.message.sender.id != call.bot.id:
        raise ApiError(errors.MESSAGE_CANNOT_BE_EDITED)
    return conversation, stored


def put_edited(call: Call, conversation: Conversation, stored: Stored, edited: Message) -> Message:
    """Replace the old message, if the new one differs and the person can still see it."""
    require_open(conversation)
    if edited == stored.message:
        raise ApiError(errors.NOT_MODIFIED)
    edited.edit_date = seconds(call.now_ms)
    stored.message, stored.edited_ms = edited, call.now_ms
    return edited


def _captioned(message: Message) -> bool:
    """Whether the message is of a kind that can have a caption."""
    return isinstance(message, MediaMessage) and not (message.poll or message.sticker or message.video_note)


EDITS: dict[str, Method] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
}
