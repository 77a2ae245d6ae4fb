"""What a file is, judged by its bytes and never by its name; and whether Telegram accepts it as the given kind."""

import mimetypes
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import filetype
import imagesize

from engine.core.content.model import MediaKind
from engine.core.errors import MediaError, Phrase

MB: Final = 1024 * 1024
LARGEST: Final = 20 * MB
"""The most that a bot can download, and so that the manager can receive."""
LARGEST_PHOTO: Final = 10 * MB

_HEAD: Final = 8192
_LONGEST_SIDES: Final = 10_000
_MOST_STRETCHED: Final = 20
_UNKNOWN: Final = "application/octet-stream"
_STICKER: Final = "application/x-tgsticker"
_GZIP: Final = 31
"""zlib's window size for a stream with a gzip header."""

_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_FILMS: Final = frozenset({"video/mp4"})
_SONGS: Final = frozenset({"audio/mpeg", "audio/mp4"})
_FORMS: Final[Mapping[MediaKind, tuple[frozenset[str], Phrase]]] = {
    "photo": (_PICTURES, Phrase("a JPEG, PNG or WebP picture")),
    "video": (_FILMS, Phrase("an MP4 video")),
    "animation": (_FILMS | {"image/gif"}, Phrase("a GIF or an MP4 video")),
    "audio": (_SONGS, Phrase("MP3 or M4A")),
    "voice": (_SONGS | {"audio/ogg"}, Phrase("OGG with Opus, MP3 or M4A")),
    "video_note": (_FILMS, Phrase("an MP4 video")),
    "sticker": (frozenset({"image/webp", _STICKER, "video/webm"}), Phrase("a WebP, TGS or WebM sticker")),
}


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
    forms, spoken = _FORMS[kind]
    if mime not in forms:
        raise MediaError(
            "{name} is not {form}, as a {kind} has to be: send it as a document instead.",
            name=name,
            form=spoken,
            kind=_spoken(kind),
        )
    if kind == "photo":
        _check_sides(path, name)
    return mime


def _mime(head: bytes) -> str | None:
    """The type of a file, as far as Telegram distinguishes types."""
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
        raise MediaError(
            "{name} is not a complete picture: export it again, or send it as a document instead.", name=name
        )
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
