"""Sending one piece of media. One function serves all kinds: only their names and files differ."""

from functools import partial

from bench.sandbox import errors
from bench.sandbox.bot_api.methods.call import Call, Method, known_chat
from bench.sandbox.bot_api.methods.inputs import Trouble
from bench.sandbox.bot_api.methods.pieces import judged, place, read_piece
from bench.sandbox.bot_api.methods.sending import begin, put, read_options
from bench.sandbox.errors import ApiError
from bench.sandbox.world.files import Kind
from bench.sandbox.world.media_messages import MediaMessage


def send(call: Call, kind: Kind) -> MediaMessage:
    """Check the request before the chat, then the file and the caption, and the person's relation last."""
    options = read_options(call)
    piece = read_piece(call, kind, kind, call.given)
    if piece is None:
        raise ApiError(errors.no_file(kind.replace("_", " ")))
    chat = known_chat(call)
    file = judged(piece)
    message = begin(call, chat, options, MediaMessage)
    if isinstance(file, Trouble):
        raise ApiError(file.refusal)
    place(call, message, piece, file)
    return put(call, chat, options, message)


MEDIA: dict[str, Method] = {
    "sendPhoto": partial(send, kind=Kind.PHOTO),
    "sendVideo": partial(send, kind=Kind.VIDEO),
    "sendAnimation": partial(send, kind=Kind.ANIMATION),
    "sendAudio": partial(send, kind=Kind.AUDIO),
    "sendVoice": partial(send, kind=Kind.VOICE),
    "sendVideoNote": partial(send, kind=Kind.VIDEO_NOTE),
    "sendDocument": partial(send, kind=Kind.DOCUMENT),
    "sendSticker": partial(send, kind=Kind.STICKER),
}
