"""Messages with media as a bot sees them: the Bot API's objects, made from a file for one bot."""

from collections.abc import Callable
from typing import Any

import msgspec

from bench.sandbox.world.files import File, FileStore, Kind
from bench.sandbox.world.objects import Entity, Message

# The sizes of a photo: a letter, and the longest side; the last one holds the original.
_SIZES = (("s", 90), ("m", 320), ("x", 800), ("y", 1280), ("w", 2560))


class PhotoSize(msgspec.Struct, frozen=True, omit_defaults=True):
    file_id: str
    file_unique_id: str
    width: int
    height: int
    file_size: int | None = None


class Video(msgspec.Struct, frozen=True, omit_defaults=True):
    """A video or an animation."""

    file_id: str
    file_unique_id: str
    width: int
    height: int
    duration: int
    thumbnail: PhotoSize | None = None
    file_name: str | None = None
    mime_type: str | None = None
    file_size: int | None = None


class Audio(msgspec.Struct, frozen=True, omit_defaults=True):
    file_id: str
    file_unique_id: str
    duration: int
    performer: str | None = None
    title: str | None = None
    file_name: str | None = None
    mime_type: str | None = None
    file_size: int | None = None
    thumbnail: PhotoSize | None = None


class Voice(msgspec.Struct, frozen=True, omit_defaults=True):
    file_id: str
    file_unique_id: str
    duration: int
    mime_type: str | None = None
    file_size: int | None = None


class VideoNote(msgspec.Struct, frozen=True, omit_defaults=True):
    file_id: str
    file_unique_id: str
    length: int
    duration: int
    thumbnail: PhotoSize | None = None
    file_size: int | None = None


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    file_id: str
    file_unique_id: str
    thumbnail: PhotoSize | None = None
    file_name: str | None = None
    mime_type: str | None = None
    file_size: int | None = None


class Sticker(msgspec.Struct, frozen=True, omit_defaults=True):
    file_id: str
    file_unique_id: str
    type: str
    width: int
    height: int
    is_animated: bool
    is_video: bool
    thumbnail: PhotoSize | None = None
    emoji: str | None = None
    file_size: int | None = None


class PollOption(msgspec.Struct, frozen=True, omit_defaults=True):
    persistent_id: str
    text: str
    voter_count: int
    text_entities: tuple[Entity, ...] = ()


class Poll(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    question: str
    options: tuple[PollOption, ...]
    total_voter_count: int
    is_closed: bool
    is_anonymous: bool
    type: str
    allows_multiple_answers: bool
    allows_revoting: bool
    members_only: bool
    question_entities: tuple[Entity, ...] = ()
    correct_option_ids: tuple[int, ...] = ()
    explanation: str | None = None
    explanation_entities: tuple[Entity, ...] = ()
    open_period: int | None = None
    close_date: int | None = None
    description: str | None = None
    description_entities: tuple[Entity, ...] = ()


class MediaMessage(Message, omit_defaults=True):
    """A message that is more than text."""

    media_group_id: str | None = None
    photo: tuple[PhotoSize, ...] = ()
    video: Video | None = None
    animation: Video | None = None
    audio: Audio | None = None
    voice: Voice | None = None
    video_note: VideoNote | None = None
    document: Document | None = None
    sticker: Sticker | None = None
    poll: Poll | None = None
    caption: str | None = None
    caption_entities: tuple[Entity, ...] = ()
    show_caption_above_media: bool = False
    has_media_spoiler: bool = False


class FileInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What getFile answers."""

    file_id: str
    file_unique_id: str
    file_size: int | None = None
    file_path: str | None = None


def show(message: MediaMessage, files: FileStore, bot_id: int, file: File) -> None:
    """Put the file into the message, as this bot sees it, replacing any other."""
    for kind in _SEEN:
        setattr(message, kind, () if kind is Kind.PHOTO else None)
    setattr(message, file.kind, _seen(files, bot_id, file))
    if file.kind is Kind.ANIMATION:
        message.document = _document(files, bot_id, file)


def _seen(files: FileStore, bot_id: int, file: File) -> object:
    key = bot_id, file.unique_id
    view = files.views.get(key)
    if view is None:
        view = files.views[key] = _SEEN[file.kind](files, bot_id, file)
    return view


def shown(message: Message) -> tuple[Kind, Any] | None:
    """Return the kind of media that a message shows, and its object; of a photo the biggest size."""
    if not isinstance(message, MediaMessage):
        return None
    if message.photo:
        return Kind.PHOTO, message.photo[-1]
    return next(((kind, found) for kind in _SEEN if (found := getattr(message, kind))), None)


def _photo(files: FileStore, bot_id: int, file: File) -> tuple[PhotoSize, ...]:
    longest = max(file.width, file.height)
    smaller = [(letter, side) for letter, side in _SIZES[:-1] if side < longest]
    last = _SIZES[len(smaller)]
    return tuple(_photo_size(files, bot_id, file, letter, side) for letter, side in (*smaller, last))


def _photo_size(files: FileStore, bot_id: int, file: File, letter: str, side: int) -> PhotoSize:
    shrunk = min(1.0, side / max(file.width, file.height, 1))
    width, height = (max(1, round(length * shrunk)) for length in (file.width, file.height))
    file_id = files.id_for(bot_id, file, letter)
    return PhotoSize(file_id, file.unique_id + letter, width, height, file.content.size)


def _thumbnail(files: FileStore, bot_id: int, file: File) -> PhotoSize | None:
    small = file.thumbnail
    if small is None:
        return None
    file_id = files.id_for(bot_id, small)
    return PhotoSize(file_id, small.unique_id, small.width, small.height, small.content.size)


def _film(files: FileStore, bot_id: int, file: File) -> Video:
    thumbnail, size = _thumbnail(files, bot_id, file), file.content.size
    ids = files.id_for(bot_id, file), file.unique_id
    return Video(*ids, file.width, file.height, file.duration, thumbnail, file.name, file.mime, size)


def _audio(files: FileStore, bot_id: int, file: File) -> Audio:
    thumbnail, size = _thumbnail(files, bot_id, file), file.content.size
    ids = files.id_for(bot_id, file), file.unique_id
    return Audio(*ids, file.duration, file.performer, file.title, file.name, file.mime, size, thumbnail)


def _voice(files: FileStore, bot_id: int, file: File) -> Voice:
    return Voice(files.id_for(bot_id, file), file.unique_id, file.duration, file.mime, file.content.size)


def _video_note(files: FileStore, bot_id: int, file: File) -> VideoNote:
    thumbnail, size = _thumbnail(files, bot_id, file), file.content.size
    return VideoNote(files.id_for(bot_id, file), file.unique_id, file.width, file.duration, thumbnail, size)


def _document(files: FileStore, bot_id: int, file: File) -> Document:
    thumbnail, size = _thumbnail(files, bot_id, file), file.content.size
    return Document(files.id_for(bot_id, file), file.unique_id, thumbnail, file.name, file.mime, size)


def _sticker(files: FileStore, bot_id: int, file: File) -> Sticker:
    return Sticker(
        files.id_for(bot_id, file),
        file.unique_id,
        "regular",
        file.width,
        file.height,
        is_animated=file.mime == "application/x-tgsticker",
        is_video=file.mime == "video/webm",
        thumbnail=_thumbnail(files, bot_id, file),
        emoji=file.emoji,
        file_size=file.content.size,
    )


_SEEN: dict[Kind, Callable[[FileStore, int, File], object]] = {
    Kind.PHOTO: _photo,
    Kind.VIDEO: _film,
    Kind.ANIMATION: _film,
    Kind.AUDIO: _audio,
    Kind.VOICE: _voice,
    Kind.VIDEO_NOTE: _video_note,
    Kind.DOCUMENT: _document,
    Kind.STICKER: _sticker,
}
