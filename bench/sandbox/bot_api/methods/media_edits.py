"""Editing the media of a message: another file, with its own caption, replaces the old one or a text."""

from typing import Any

import msgspec
from msgspec.structs import asdict

from bench.sandbox import errors, untrusted_json
from bench.sandbox.bot_api.methods.albums import read_input_media
from bench.sandbox.bot_api.methods.call import Call, Method
from bench.sandbox.bot_api.methods.edits import own_message, put_edited
from bench.sandbox.bot_api.methods.inputs import Trouble
from bench.sandbox.bot_api.methods.pieces import Piece, judged, place, read_piece
from bench.sandbox.errors import ApiError
from bench.sandbox.formatting.reply_markup import edited_keyboard
from bench.sandbox.world.media_messages import MediaMessage
from bench.sandbox.world.objects import Message


def edit_message_media(call: Call) -> Message:
    markup, piece = edited_keyboard(call.given.get("reply_markup")), _piece(call)
    conversation, stored = own_message(call)
    if not _exchangeable(stored.message):
        raise ApiError(errors.NO_MEDIA_TO_EDIT)
    file = judged(piece)
    if isinstance(file, Trouble):
        raise ApiError(file.refusal)
    message = _without_words(stored.message)
    place(call, message, piece, file)
    message.reply_markup = markup
    return put_edited(call, conversation, stored, message)


def _piece(call: Call) -> Piece:
    given = call.given.get("media")
    if given is None or given == "":
        raise ApiError(errors.required("media"))
    kind, item = read_input_media(_decoded(given))
    piece = read_piece(call, kind, "media", item)
    if piece is None:
        raise ApiError(errors.unreadable_media("media not found"))
    return piece


def _decoded(given: Any) -> Any:
    try:
        return untrusted_json.decode(given) if isinstance(given, str) else given
    except msgspec.DecodeError as error:
        raise ApiError(errors.INPUT_MEDIA_NOT_JSON) from error


def _exchangeable(message: Message) -> bool:
    """Voice messages, video notes, stickers and polls cannot be exchanged."""
    if isinstance(message, MediaMessage):
        return not (message.voice or message.video_note or message.sticker or message.poll)
    return message.text is not None


def _without_words(message: Message) -> MediaMessage:
    """Keep what an edit keeps: ids, dates, the message that was replied to."""
    kept = {name: value for name, value in asdict(message).items() if name not in _WORDS}
    return MediaMessage(**kept)


_WORDS = frozenset({"text", "entities", "link_preview_options"})

MEDIA_EDITS: dict[str, Method] = {"editMessageMedia": edit_message_media}
