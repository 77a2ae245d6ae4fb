"""What a file is, told by its bytes and never by its name; and whether Telegram takes it as what it is meant to be."""

import mimetypes
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import filetype
import imagesize

from engine.core.content import MediaKind
from engine.core.errors import MediaError

MB: Final = 1024 * 1024
LARGEST: Final = 20 * MB
"""What a bot can download, and so what the manager can receive."""
LARGEST_PHOTO: Final = 10 * MB

_HEAD: Final = 8192
_LONGEST_SIDES: Final = 10_000
_MOST_STRETCHED: Final = 20
_UNKNOWN: Final = "application/octet-stream"
_STICKER: Final = "application/x-tgsticker"
_GZIP: Final = 31
"""What zlib calls a stream with the head of gzip."""

_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_FILMS: Final = frozenset({"video/mp4"})
_SONGS: Final = frozenset({"audio/mpeg", "audio/mp4"})
_FORMS: Final[Mapping[MediaKind, tuple[frozenset[str], str]]] = {
    "photo": (_PICTURES, "a JPEG, PNG or WebP picture"),
    "video": (_FILMS, "an MP4 video"),
    "animation": (_FILMS | {"image/gif"}, "a GIF or an MP4 video"),
    "audio": (_SONGS, "MP3 or M4A"),
    "voice": (_SONGS | {"audio/ogg"}, "OGG with Opus, MP3 or M4A"),
    "video_note": (_FILMS, "an MP4 video"),
    "sticker": (frozenset({"image/webp", _STICKER, "video/webm"}), "a WebP, TGS or WebM sticker"),
}


def largest(kind: MediaKind) -> int:
    return LARGEST_PHOTO if kind == "photo" else LARGEST


def check_size(size: int, kind: MediaKind, name: str) -> None:
    """Raises MediaError for a file that is too big, or as soon as it is."""
    if size <= largest(kind):
        return
    limit = f"{name} is bigger than {largest(kind) // MB} MB, which is the most for a {_spoken(kind)}"
    aside = " or send it as a document" if largest(kind) < LARGEST else ""
    raise MediaError(f"{limit}: make it smaller{aside}.")


def recognize(path: Path, kind: MediaKind, name: str) -> str:
    """The MIME type of a file that may be sent as this kind. Raises MediaError, which says how else to send it."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise MediaError(f"{name} is empty: choose another file.")
    mime = _mime(head)
    if kind == "document":
        return mime or mimetypes.guess_type(name)[0] or _UNKNOWN
    forms, spoken = _FORMS[kind]
    if mime not in forms:
        raise MediaError(f"{name} is not {spoken}, as a {_spoken(kind)} has to be: send it as a document instead.")
    if kind == "photo":
        _check_sides(path, name)
    return mime


def _mime(head: bytes) -> str | None:
    """The form of a file as far as Telegram tells forms apart."""
    mime: str | None = filetype.guess_mime(head)
    match mime:
        case "image/apng":
            return "image/png"
        case "audio/ogg" if b"OpusHead" not in head:
            return "application/ogg"
        case "application/gzip" if _is_sticker(head):
            return _STICKER
    return mime


def _is_sticker(head: bytes) -> bool:
    try:
        unpacked = zlib.decompressobj(_GZIP).decompress(head, _HEAD)
    except zlib.error:
        return False
    return unpacked.startswith(b"{") and b'"tgs"' in unpacked


def _check_sides(path: Path, name: str) -> None:
    narrow, wide = sorted(imagesize.get(path))
    if narrow <= 0:
        raise MediaError(f"{name} is no whole picture: export it again, or send it as a document instead.")
    if narrow + wide > _LONGEST_SIDES or wide > narrow * _MOST_STRETCHED:
        raise MediaError(
            f"{name} is {narrow} by {wide} pixels; a photo's sides are {_LONGEST_SIDES} together at most, one no more"
            f" than {_MOST_STRETCHED} times the other: scale it down, or send it as a document instead."
        )


def _spoken(kind: MediaKind) -> str:
    return kind.replace("_", " ")
