"""A piece of media as a call describes it, alone or as an item of an album: file, caption and how it is shown."""

from typing import NamedTuple

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.methods.inputs import Judge, Trouble, read_file
from bench.sandbox.bot_api.methods.wording import Worded, require_fitting, worded
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.world.files import File, Kind
from bench.sandbox.world.media_messages import MediaMessage, show

LONGEST_CAPTION = 1024
_UNCAPTIONED = frozenset({Kind.VIDEO_NOTE, Kind.STICKER})
_VISUAL = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.ANIMATION})


class Piece(NamedTuple):
    """`above` puts the caption above the picture."""

    judge: Judge
    words: Worded
    above: bool
    spoiler: bool


def read_piece(call: Call, kind: Kind, field: str, given: Parameters, *, in_album: bool = False) -> Piece | None:
    """Read a piece whose file is in `field`; None if there is no file. In an album a file stays what it is sent as."""
    words = Worded("") if kind in _UNCAPTIONED else worded(call, "caption", given)
    judge = read_file(call, kind, field, given, in_album=in_album)
    if judge is None:
        return None
    visual = kind in _VISUAL
    above = visual and parameters.boolean(given, "show_caption_above_media")
    return Piece(judge, words, above, visual and parameters.boolean(given, "has_spoiler"))


def judged(piece: Piece) -> File | Trouble:
    """Check a piece once its chat is known."""
    file = piece.judge()
    require_fitting(piece.words, LONGEST_CAPTION, errors.CAPTION_TOO_LONG)
    return file


def place(call: Call, message: MediaMessage, piece: Piece, file: File) -> None:
    """Put the piece into the message, replacing what was there."""
    show(message, call.state.files, call.bot.id, call.state.files.keep(file))
    message.caption, message.caption_entities = piece.words.text or None, piece.words.entities
    message.show_caption_above_media = piece.above and bool(piece.words.text)
    message.has_media_spoiler = piece.spoiler
