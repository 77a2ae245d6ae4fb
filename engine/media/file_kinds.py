"""What a file is, judged by its bytes and never by its name; and whether Telegram accepts it as the given kind."""

import mimetypes
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import filetype

from engine.core.content.model import MediaKind
from engine.core.errors import MediaError, Phrase
from engine.media.formats.file_reader import BrokenFileError, FileReader, Sides
from engine.media.formats.gif import walk_gif
from engine.media.formats.jpeg import read_jpeg
from engine.media.formats.mp3 import is_mp3, walk_mp3
from engine.media.formats.mp4 import is_song, walk_mp4
from engine.media.formats.ogg import walk_ogg
from engine.media.formats.png import read_png
from engine.media.formats.tgs import is_tgs, walk_tgs
from engine.media.formats.webp import read_webp

_Walked = TypeVar("_Walked")

MB: Final = 1024 * 1024
LARGEST: Final = 20 * MB
"""The most that a bot can download, and so that the manager can receive."""
LARGEST_PHOTO: Final = 10 * MB

_HEAD: Final = 8192
_LONGEST_SIDES: Final = 10_000
_MOST_STRETCHED: Final = 20
_UNKNOWN: Final = "application/octet-stream"
_FILM: Final = "video/mp4"
_SONG: Final = "audio/mp4"
_STICKER: Final = "application/x-tgsticker"
_FILM_STICKER: Final = "video/webm"

_FILM_HEAD: Final = re.compile(rb".{4}ftyp(?:iso|mp4|avc|av01|dash|MSNV|M4V|3g|cmf)", re.DOTALL)
"""The families of MP4's brands; a picture or QuickTime begins with another one."""

_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_FILMS: Final = frozenset({_FILM})
_SONGS: Final = frozenset({"audio/mpeg", _SONG})
_FORMS: Final[Mapping[MediaKind, tuple[frozenset[str], Phrase]]] = {
    "photo": (_PICTURES, Phrase("a JPEG, PNG or WebP picture")),
    "video": (_FILMS, Phrase("an MP4 video")),
    "animation": (_FILMS | {"image/gif"}, Phrase("a GIF or an MP4 video")),
    "audio": (_SONGS, Phrase("MP3 or M4A")),
    "voice": (_SONGS | {"audio/ogg"}, Phrase("OGG with Opus, MP3 or M4A")),
    "video_note": (_FILMS, Phrase("an MP4 video")),
    "sticker": (frozenset({"image/webp", _STICKER}), Phrase("a WebP or TGS sticker")),
}
_SOUNDS: Final = frozenset({"audio", "voice"})
_WALKS: Final[Mapping[str, Callable[[FileReader], Sides | None]]] = {
    "image/jpeg": read_jpeg,
    "image/png": read_png,
    "image/webp": read_webp,
    "image/gif": walk_gif,
    _FILM: walk_mp4,
    _SONG: walk_mp4,
    "audio/mpeg": walk_mp3,
    "audio/ogg": walk_ogg,
    _STICKER: walk_tgs,
}
"""One for each type of `_FORMS`."""


def largest(kind: MediaKind) -> int:
    return LARGEST_PHOTO if kind == "photo" else LARGEST


def check_size(size: int, kind: MediaKind, name: str) -> None:
    """Raises MediaError for a file that is too big, or as soon as it becomes so."""
    if size <= largest(kind):
        return
    limit = Phrase(
        "{name} is bigger than {most} MB, which is the most for a {kind}",
        name=name,
        most=largest(kind) // MB,
        kind=_spoken(kind),
    )
    if largest(kind) < LARGEST:
        raise MediaError("{limit}: make it smaller or send it as a document.", limit=limit)
    raise MediaError("{limit}: make it smaller.", limit=limit)


def recognize(path: Path, kind: MediaKind, name: str) -> str:
    """The MIME type of a file that may be sent as this kind. Raises MediaError, which says how else to send it."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise MediaError("{name} is empty: choose another file.", name=name)
    mime = _mime(head)
    if kind == "document":
        return mime or mimetypes.guess_type(name)[0] or _UNKNOWN
    if mime == _FILM and kind in _SOUNDS and _walk(path, is_song, kind, name):
        mime = _SONG
    mime = _of_form(mime, kind, name)
    sides = _walk(path, _WALKS[mime], kind, name)
    if sides and kind == "photo":
        _check_sides(sides, name)
    return mime


def _mime(head: bytes) -> str | None:
    """The type of a file, as far as Telegram distinguishes types."""
    mime: str | None = filetype.guess_mime(head)
    match mime:
        case None | "video/x-m4v" if _FILM_HEAD.match(head):
            return _FILM
        case None if is_mp3(head):
            return "audio/mpeg"
        case "image/apng":
            return "image/png"
        case "audio/ogg" if b"OpusHead" not in head:
            return "application/ogg"
        case "application/gzip" if is_tgs(head):
            return _STICKER
    return mime


def _of_form(mime: str | None, kind: MediaKind, name: str) -> str:
    """The type, if Telegram accepts it as this kind."""
    forms, spoken = _FORMS[kind]
    if mime in forms:
        return mime
    if mime == _FILM_STICKER and kind == "sticker":
        raise MediaError(
            "{name} is a WebM sticker, which Telegram shows only from a sticker set: send a WebP or TGS sticker, or the"
            " same clip as an MP4 animation.",
            name=name,
        )
    raise MediaError(
        "{name} is not {form}, as a {kind} has to be: send it as a document instead.",
        name=name,
        form=spoken,
        kind=_spoken(kind),
    )


def _walk(path: Path, walk: Callable[[FileReader], _Walked], kind: MediaKind, name: str) -> _Walked:
    """Go through the whole file, so that none is kept that breaks off. A picture tells its size."""
    try:
        with path.open("rb") as file:
            return walk(FileReader(file))
    except BrokenFileError:
        raise (_incomplete_picture(name) if kind == "photo" else _incomplete(name)) from None


def _incomplete_picture(name: str) -> MediaError:
    return MediaError("{name} is not a complete picture: export it again, or send it as a document instead.", name=name)


def _incomplete(name: str) -> MediaError:
    return MediaError(
        "{name} breaks off before its end, or is damaged: export it again, or send it as a document instead.",
        name=name,
    )


def _check_sides(sides: Sides, name: str) -> None:
    narrow, wide = sorted(sides)
    if narrow <= 0:
        raise _incomplete_picture(name)
    if narrow + wide > _LONGEST_SIDES or wide > narrow * _MOST_STRETCHED:
        raise MediaError(
            "{name} is {narrow} by {wide} pixels; a photo's sides are {sides} together at most, one no more"
            " than {times} times the other: scale it down, or send it as a document instead.",
            name=name,
            narrow=narrow,
            wide=wide,
            sides=_LONGEST_SIDES,
            times=_MOST_STRETCHED,
        )


def _spoken(kind: MediaKind) -> str:
    return kind.replace("_", " ")
