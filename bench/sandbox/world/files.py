"""The files that bots and people sent: bytes are kept once, by their hash, and ids are given out per bot.

A `file_id` belongs to the bot that got it and to the kind of its file; a `file_unique_id` is the same for all bots.
The same bytes with the same attributes are the same file, regardless of the sender. Beyond a limit the oldest bytes
are dropped: such a file can still be sent by its id, as at Telegram, but no longer be downloaded. All sizes of a photo
share the bytes of the original, because nothing here can scale a picture.
"""

import base64
import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import PurePosixPath

Bytes = bytes | bytearray


class Kind(StrEnum):
    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO_NOTE = "video_note"
    DOCUMENT = "document"
    STICKER = "sticker"
    THUMBNAIL = "thumbnail"

    @property
    def spoken(self) -> str:
        """The name of the kind in the server's errors."""
        return _SPOKEN.get(self, self.value.capitalize())


_SPOKEN = {Kind.VOICE: "VoiceNote", Kind.VIDEO_NOTE: "VideoNote"}
_FOLDERS = {
    Kind.PHOTO: "photos",
    Kind.VIDEO: "videos",
    Kind.ANIMATION: "animations",
    Kind.AUDIO: "music",
    Kind.VOICE: "voice",
    Kind.VIDEO_NOTE: "video_notes",
    Kind.DOCUMENT: "documents",
    Kind.STICKER: "stickers",
    Kind.THUMBNAIL: "thumbnails",
}
_ENDINGS = {
    Kind.PHOTO: ".jpg",
    Kind.VIDEO: ".mp4",
    Kind.ANIMATION: ".mp4",
    Kind.AUDIO: ".mp3",
    Kind.VOICE: ".oga",
    Kind.VIDEO_NOTE: ".mp4",
    Kind.STICKER: ".webp",
    Kind.THUMBNAIL: ".jpg",
}
# The first characters of Telegram's ids; they depend on the kind.
_BEGINNINGS = {
    Kind.PHOTO: "AgACAgIAAxkB",
    Kind.VIDEO: "BAACAgIAAxkB",
    Kind.ANIMATION: "CgACAgIAAxkB",
    Kind.AUDIO: "CQACAgIAAxkB",
    Kind.VOICE: "AwACAgIAAxkB",
    Kind.VIDEO_NOTE: "DQACAgIAAxkB",
    Kind.DOCUMENT: "BQACAgIAAxkB",
    Kind.STICKER: "CAACAgIAAxkB",
    Kind.THUMBNAIL: "AAMCAgIAAxkB",
}
_SIMPLE_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")
_MOST_BYTES = 256 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Content:
    """Bytes, or only their hash and size once they are dropped."""

    digest: bytes
    size: int
    data: Bytes | None

    @classmethod
    def of(cls, data: Bytes) -> "Content":
        return cls(hashlib.sha256(data).digest(), len(data), data)


@dataclass(slots=True, eq=False)
class File:
    kind: Kind
    content: Content
    mime: str
    name: str | None = None
    width: int = 0
    height: int = 0
    duration: int = 0
    title: str | None = None
    performer: str | None = None
    emoji: str | None = None
    thumbnail: "File | None" = None
    unique_id: str = field(init=False)

    def __post_init__(self) -> None:
        looks = (self.mime, self.name, self.width, self.height, self.duration, self.title, self.performer, self.emoji)
        self.unique_id = "AQAD" + _digest(12, self.kind, self.content.digest.hex(), *map(str, looks))


@dataclass(frozen=True, slots=True)
class Handle:
    """What a file id stands for; `size` is the letter of one size of a photo."""

    bot_id: int
    file: File
    size: str

    @property
    def unique_id(self) -> str:
        return self.file.unique_id + self.size


@dataclass(slots=True)
class FileStore:
    most_bytes: int = _MOST_BYTES
    _contents: OrderedDict[bytes, Content] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _files: dict[str, File] = field(default_factory=dict)
    _handles: dict[str, Handle] = field(default_factory=dict)
    _paths: dict[tuple[int, str], Handle] = field(default_factory=dict)
    _path_of: dict[tuple[int, str], str] = field(default_factory=dict)
    # Each bot's view of a file, made once even if the file goes to thousands.
    views: dict[tuple[int, str], object] = field(default_factory=dict)

    def keep(self, file: File) -> File:
        """Keep a file that was sent; return the known one if there is one."""
        thumbnail = self.keep(file.thumbnail) if file.thumbnail else None
        kept = replace(file, content=self._shared(file.content), thumbnail=thumbnail)
        return self._files.setdefault(kept.unique_id, kept)

    def id_for(self, bot_id: int, file: File, size: str = "") -> str:
        """Return the id by which this bot knows the file."""
        beginning = _BEGINNINGS[file.kind]
        file_id = f"{beginning}{_digest(42, str(bot_id), file.unique_id, size)}"
        self._handles.setdefault(file_id, Handle(bot_id, file, size))
        return file_id

    def find(self, file_id: str) -> Handle | None:
        return self._handles.get(file_id)

    def known(self, unique_id: str) -> File | None:
        """Find a file, or a size of a photo, by the id that all bots share."""
        return self._files.get(unique_id) or self._files.get(unique_id[:-1])

    def path_for(self, handle: Handle) -> str:
        """Return the path from which the bot downloads the file."""
        key, file = (handle.bot_id, handle.unique_id), handle.file
        path = self._path_of.get(key)
        if path is None:
            path = self._path_of[key] = f"{_FOLDERS[file.kind]}/file_{len(self._paths)}{_ending(file)}"
            self._paths[handle.bot_id, path] = handle
        return path

    def at(self, bot_id: int, path: str) -> File | None:
        handle = self._paths.get((bot_id, path))
        return handle.file if handle else None

    def forget(self) -> None:
        self._contents.clear()
        self._files.clear()
        self._handles.clear()
        self._paths.clear()
        self._path_of.clear()
        self.views.clear()
        self._bytes = 0

    @property
    def kept_bytes(self) -> int:
        return self._bytes

    def _shared(self, content: Content) -> Content:
        known = self._contents.setdefault(content.digest, content)
        if known is content:
            self._bytes += content.size
        elif known.data is None and content.data is not None:
            known.data = content.data
            self._contents.move_to_end(known.digest)
            self._bytes += content.size
        self._drop_oldest()
        return known

    def _drop_oldest(self) -> None:
        if self._bytes <= self.most_bytes:
            return
        for content in self._contents.values():
            if content.data is not None:
                content.data = None
                self._bytes -= content.size
            if self._bytes <= self.most_bytes:
                return


def _ending(file: File) -> str:
    own = PurePosixPath(file.name or "").suffix
    return own if _SIMPLE_ENDING.fullmatch(own) else _ENDINGS.get(file.kind, "")


def _digest(size: int, *parts: str) -> str:
    """Return text in the URL alphabet; its length is a multiple of four if `size` is a multiple of three."""
    digest = hashlib.shake_128("\0".join(parts).encode()).digest(size)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
