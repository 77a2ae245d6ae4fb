"""The files that a call sends: uploaded with it, known by their id, or named by an address that is not fetched here.

Errors that the server sees itself are refused at once. Errors that only Telegram's data centres see, such as another
bot's id or a picture that cannot be read, are the file's `Trouble`: they surface after the chat was checked.
"""

import mimetypes
import re
from collections.abc import Callable
from typing import NamedTuple

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.methods.kinds import detected, taken_as
from bench.sandbox.bot_api.parameters import Parameters
from bench.sandbox.bot_api.uploads import Upload
from bench.sandbox.errors import ApiError, Refusal
from bench.sandbox.world.files import Content, File, Kind
from bench.sandbox.world.film import read_film
from bench.sandbox.world.image_size import Image, read_image

BIGGEST_PHOTO = 10 * 1024 * 1024
_BIGGEST_THUMBNAIL = 204_799
_LONGEST_S = 86_400
_WIDEST = 10_000
_STICKER_SIDE = 512
_NOTE_SIDE = 240
_ATTACHED = "attach://"
_UNCLEAN = re.compile(r"[\x00-\x1f\x7f/\\]")
_OTHER_SCHEME = re.compile(r"(?!https?://)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DOCUMENT = "application/octet-stream"
# The beginning that a kind's MIME type must have, and the type if the file's name does not say.
_MIMES = {
    Kind.VIDEO: ("video/", "video/mp4"),
    Kind.ANIMATION: ("video/", "video/mp4"),
    Kind.AUDIO: ("audio/", "audio/mpeg"),
    Kind.VOICE: ("audio/", "audio/ogg"),
    Kind.VIDEO_NOTE: ("video/", "video/mp4"),
    Kind.STICKER: ("image/", "image/webp"),
}
_STICKERS = {".tgs": "application/x-tgsticker", ".webm": "video/webm"}


class Trouble(NamedTuple):
    """Why Telegram cannot send a file; in an album it says so in other words."""

    refusal: Refusal
    in_album: str


FOREIGN = Trouble(errors.WRONG_FILE, "Wrong file identifier/HTTP URL specified")
UNREACHABLE = Trouble(errors.URL_UNREACHABLE, "WEBPAGE_CURL_FAILED")
NO_IMAGE = Trouble(errors.NOT_AN_IMAGE, "IMAGE_PROCESS_FAILED")
WRONG_SIDES = Trouble(errors.PHOTO_DIMENSIONS, "PHOTO_INVALID_DIMENSIONS")

# Judges a file once the chat is known; it may refuse.
Judge = Callable[[], File | Trouble]


def read_file(call: Call, kind: Kind, field: str, given: Parameters, *, in_album: bool = False) -> Judge | None:
    """Find the file that a part of the call names; None if it names none."""
    value = given.get(field)
    named = "" if isinstance(value, Upload) else parameters.text(given, field)
    if named.startswith(_ATTACHED):
        value, named = call.given.get(named.removeprefix(_ATTACHED)), ""
    if isinstance(value, Upload):
        return lambda: _uploaded(call, kind if in_album else _becoming(kind, value, given), value, given)
    return (lambda: _by_name(call, kind, named)) if named else None


def _by_name(call: Call, kind: Kind, named: str) -> File | Trouble:
    """A name with a dot is an address."""
    if "." not in named:
        return _known(call, kind, named)
    if _OTHER_SCHEME.match(named):
        raise ApiError(errors.URL_UNSUPPORTED)
    return UNREACHABLE


def _known(call: Call, kind: Kind, file_id: str) -> File | Trouble:
    handle = call.state.files.find(file_id)
    if handle is None:
        _require_readable(file_id)
        return FOREIGN
    if handle.file.kind is not kind:
        raise ApiError(errors.wrong_kind(handle.file.kind.spoken, kind.spoken))
    return handle.file if handle.bot_id == call.bot.id else FOREIGN


def _require_readable(file_id: str) -> None:
    """Refuse an id that no bot can have."""
    bare = file_id.rstrip("=")
    if re.search(r"[^A-Za-z0-9_-]", bare):
        raise ApiError(errors.unreadable_file_id("Wrong character in the string"))
    if len(bare) % 4 == 1:
        raise ApiError(errors.unreadable_file_id("Wrong string length"))


def _uploaded(call: Call, kind: Kind, upload: Upload, given: Parameters) -> File | Trouble:
    if not upload.content.size:
        raise ApiError(errors.FILE_EMPTY)
    if kind is Kind.PHOTO:
        return photo_of(upload.content)
    return file_of(kind, upload, given, _thumbnail(call, given))


def _becoming(kind: Kind, upload: Upload, given: Parameters) -> Kind:
    data = upload.content.data or b""
    if kind is Kind.DOCUMENT:
        return kind if parameters.boolean(given, "disable_content_type_detection") else detected(data)
    return taken_as(kind, data)


def photo_of(content: Content) -> File | Trouble:
    if content.size > BIGGEST_PHOTO:
        raise ApiError(errors.photo_too_big(content.size, BIGGEST_PHOTO))
    picture = read_image(content.data or b"")
    if picture is None:
        return NO_IMAGE
    return pictured(Kind.PHOTO, content, picture) if picture.sendable else WRONG_SIDES


def pictured(kind: Kind, content: Content, picture: Image) -> File:
    return File(kind, content, picture.form, width=picture.width, height=picture.height)


def file_of(kind: Kind, upload: Upload, given: Parameters, thumbnail: File | None = None) -> File:
    """Make a file of an upload, with what the sender says about it."""
    name = _UNCLEAN.sub("", upload.name)[:60] or None
    width, height = _sides(kind, upload, given)
    return File(
        kind,
        upload.content,
        _mime(kind, name or "", upload.mime),
        None if kind in {Kind.VOICE, Kind.VIDEO_NOTE, Kind.STICKER} else name,
        width,
        height,
        _within(given, "duration", _LONGEST_S),
        parameters.text(given, "title") or None,
        parameters.text(given, "performer") or None,
        parameters.text(given, "emoji") or None,
        thumbnail,
    )


def _sides(kind: Kind, upload: Upload, given: Parameters) -> tuple[int, int]:
    match kind:
        case Kind.VIDEO | Kind.ANIMATION:
            return _film_sides(upload, given)
        case Kind.VIDEO_NOTE:
            side = _within(given, "length", _WIDEST) or _NOTE_SIDE
            return side, side
        case Kind.STICKER:
            picture = read_image(upload.content.data or b"")
            return (picture.width, picture.height) if picture else (_STICKER_SIDE, _STICKER_SIDE)
    return 0, 0


def _film_sides(upload: Upload, given: Parameters) -> tuple[int, int]:
    """Take the size that the sender gives, or the file's own."""
    data = upload.content.data or b""
    picture = read_image(data) or read_film(data)
    width, height = _within(given, "width", _WIDEST), _within(given, "height", _WIDEST)
    return width or (picture.width if picture else 0), height or (picture.height if picture else 0)


def _within(given: Parameters, name: str, most: int) -> int:
    return min(max(parameters.integer(given, name), 0), most)


def _mime(kind: Kind, name: str, claimed: str) -> str:
    guessed = mimetypes.guess_type(name)[0]
    if kind is Kind.DOCUMENT:
        return guessed or claimed or _DOCUMENT
    if kind is Kind.STICKER:
        return next((mime for ending, mime in _STICKERS.items() if name.endswith(ending)), "image/webp")
    beginning, usual = _MIMES[kind]
    fits = guessed is not None and (guessed.startswith(beginning) or (kind, guessed) == (Kind.ANIMATION, "image/gif"))
    return guessed if fits and guessed else usual


def _thumbnail(call: Call, given: Parameters) -> File | None:
    """Read the thumbnail; leave out one that Telegram does not take."""
    value = given.get("thumbnail")
    upload = value if isinstance(value, Upload) else call.given.get(str(value or "").removeprefix(_ATTACHED))
    if not isinstance(upload, Upload) or upload.content.size > _BIGGEST_THUMBNAIL:
        return None
    picture = read_image(upload.content.data or b"")
    return pictured(Kind.THUMBNAIL, upload.content, picture) if picture else None
