"""Albums: all items are sent, or none. A single item becomes an ordinary message, as on the server."""

from typing import Any

import msgspec

from bench.sandbox import errors, untrusted_json
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat, require_open
from bench.sandbox.bot_api.methods.inputs import Trouble
from bench.sandbox.bot_api.methods.pieces import Piece, judged, place, read_piece
from bench.sandbox.bot_api.methods.sending import Options, begin, put, read_options, replied
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.errors import ApiError, Refusal
from bench.sandbox.world.conversation import Conversation
from bench.sandbox.world.files import File, Kind
from bench.sandbox.world.media_messages import MediaMessage

_MOST = 10
_KINDS = {"photo": Kind.PHOTO, "video": Kind.VIDEO, "document": Kind.DOCUMENT, "audio": Kind.AUDIO}
# Kinds that only go with their own kind.
_APART = frozenset({Kind.DOCUMENT, Kind.AUDIO})
_NUMBERS = 1_000_000


def send_media_group(call: Call) -> list[MediaMessage]:
    options = read_options(call, with_markup=False)
    items = [_item(given) for given in _items(call.given.get("media"))]
    pieces = [_piece(call, kind, given) for kind, given in items]
    chat = known_chat(call)
    replied(options, chat)
    files = [judged(piece) for piece in pieces]
    _require_album([kind for kind, _ in items], pieces)
    require_open(chat)
    sendable = [_sendable(file, position, len(files)) for position, file in enumerate(files, 1)]
    album = str(chat.person.user.id * _NUMBERS + chat.next_message_id) if len(files) > 1 else None
    return [_send(call, chat, options, piece, file, album) for piece, file in zip(pieces, sendable, strict=True)]


def _items(given: Any) -> list[Any]:
    try:
        items = untrusted_json.decode(given) if isinstance(given, str) and given else given
    except msgspec.DecodeError as error:
        raise ApiError(errors.MEDIA_NOT_JSON) from error
    if items and not isinstance(items, list):
        raise ApiError(errors.MEDIA_NOT_ARRAY)
    return list(items or ())


def _item(given: Any) -> tuple[Kind, Parameters]:
    kind, item = read_input_media(given)
    if kind is Kind.ANIMATION:
        raise ApiError(errors.unreadable_media('type "animation" can\'t be used in sendMediaGroup'))
    return kind, item


def read_input_media(given: Any) -> tuple[Kind, Parameters]:
    """Read the kind of one InputMedia, and check that its `media` can name a file."""
    if not isinstance(given, dict):
        raise ApiError(errors.unreadable_media("expected an Object"))
    kind = given.get("type")
    if kind is None:
        raise ApiError(errors.unreadable_media('Can\'t find field "type"'))
    if not isinstance(kind, str):
        raise ApiError(errors.unreadable_media('Field "type" must be of type String'))
    if kind != Kind.ANIMATION and kind not in _KINDS:
        raise ApiError(errors.unreadable_media(f'type "{kind}" is unsupported'))
    if not isinstance(given.get("media", ""), str):
        raise ApiError(errors.unreadable_media('Field "media" must be of type String'))
    return Kind(kind), given


def _piece(call: Call, kind: Kind, given: Parameters) -> Piece:
    piece = read_piece(call, kind, "media", given, in_album=True)
    if piece is None:
        raise ApiError(errors.unreadable_media("media not found"))
    return piece


def _require_album(kinds: list[Kind], pieces: list[Piece]) -> None:
    if not pieces:
        raise ApiError(errors.ALBUM_EMPTY)
    if len(pieces) > _MOST:
        raise ApiError(errors.ALBUM_TOO_LONG)
    apart = next((kind for kind in kinds if kind in _APART), None)
    if apart is not None and len(set(kinds)) > 1:
        raise ApiError(errors.not_mixed(apart))
    if len({piece.above for piece in pieces}) > 1:
        raise ApiError(errors.ALBUM_CAPTIONS_DIFFER)


def _sendable(file: File | Trouble, position: int, count: int) -> File:
    if isinstance(file, File):
        return file
    raise ApiError(_refusal(file, position) if count > 1 else file.refusal)


def _refusal(trouble: Trouble, position: int) -> Refusal:
    return errors.album_item(position, trouble.in_album)


def _send(
    call: Call, chat: Conversation, options: Options, piece: Piece, file: File, album: str | None
) -> MediaMessage:
    message = begin(call, chat, options, MediaMessage)
    message.media_group_id = album
    place(call, message, piece, file)
    return put(call, chat, options, message)


ALBUMS: dict[str, Method] = {"sendMediaGroup": send_media_group}
