"""What all sending methods share: the options beside the content, and putting the message into the chat."""

from collections.abc import Hashable
from typing import Any, NamedTuple, TypeVar

import msgspec

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, known_chat, require_open
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.errors import ApiError
from bench.sandbox.formatting.reply_keyboard import reply_keyboard
from bench.sandbox.formatting.reply_markup import inline_keyboard
from bench.sandbox.world.conversation import Conversation
from bench.sandbox.world.media_messages import MediaMessage, shown
from bench.sandbox.world.objects import Message, MessageId, seconds

_Message = TypeVar("_Message", bound=Message)
_PREVIEW = frozenset({"is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"})


class Options(NamedTuple):
    """`reply_to` is 0 for no reply; `reply_anyway` sends even if the message replied to is gone.

    `markup` stays with the message; `keyboard` goes beneath the person's text field.
    """

    markup: msgspec.Raw | None
    keyboard: dict[str, Any] | None
    protected: bool
    silent: bool
    effect_id: str | None
    reply_to: int
    reply_anyway: bool


def read_options(call: Call, *, with_markup: bool = True) -> Options:
    given = call.given
    reply = _reply_parameters(given)
    markup = given.get("reply_markup") if with_markup else None
    return Options(
        inline_keyboard(markup),
        reply_keyboard(markup),
        parameters.boolean(given, "protect_content"),
        parameters.boolean(given, "disable_notification"),
        parameters.text(given, "message_effect_id") or None,
        parameters.integer(reply, "message_id"),
        parameters.boolean(reply, "allow_sending_without_reply"),
    )


def replied(options: Options, chat: Conversation) -> Message | None:
    """Find the message that is replied to, without the one that it replied to itself."""
    if not options.reply_to:
        return None
    stored = chat.messages.get(options.reply_to)
    if stored is not None and not stored.deleted:
        return msgspec.structs.replace(stored.message, reply_to_message=None)
    if options.reply_anyway:
        return None
    raise ApiError(errors.MESSAGE_TO_REPLY_NOT_FOUND)


def begin(call: Call, chat: Conversation, options: Options, kind: type[_Message]) -> _Message:
    """Begin the next message of the chat; refuse if the bot may not write."""
    reply = replied(options, chat)
    require_open(chat)
    message = kind(chat.next_message_id, call.bot.sender, chat.person.chat, seconds(call.now_ms))
    message.reply_markup = options.markup
    message.reply_to_message = reply
    message.has_protected_content = options.protected
    message.effect_id = options.effect_id
    return message


def put(call: Call, chat: Conversation, options: Options, message: _Message) -> _Message:
    chat.add(message, call.now_ms, silent=options.silent)
    if options.keyboard is not None:
        chat.keyboard = options.keyboard
    return message


def sent_by(call: Call, result: object) -> list[Message]:
    """Find the messages that a method sent or edited, by its result."""
    match result:
        case Message():
            return [result]
        case MessageId(message_id):
            return [known_chat(call).messages[message_id].message]
        case list():
            return [one for one in result if isinstance(one, Message)]
    return []


def substance(message: Message) -> Hashable:
    """What a person sees of a message."""
    markup = message.reply_markup and bytes(message.reply_markup)
    if not isinstance(message, MediaMessage):
        return message.text, markup
    found = shown(message)
    seen = (found[0], found[1].file_unique_id) if found else message.poll and message.poll.question
    return seen, message.caption, markup


def link_preview(given: Parameters) -> dict[str, Any] | None:
    if parameters.boolean(given, "disable_web_page_preview"):
        return {"is_disabled": True}
    wanted = given.get("link_preview_options")
    if not wanted:
        return None
    found = parameters.json_object(wanted, errors.PREVIEW_NOT_OBJECT)
    return {name: value for name, value in found.items() if name in _PREVIEW} or None


def _reply_parameters(given: Parameters) -> Parameters:
    """Read which message is replied to; the older parameters count if the newer one is absent."""
    wanted = given.get("reply_parameters")
    if wanted:
        return parameters.json_object(wanted, errors.REPLY_NOT_OBJECT)
    return {"message_id": given["reply_to_message_id"], **given} if given.get("reply_to_message_id") else {}
