"""What an admin has said, in our words: a text with its formatting as HTML, or a file with its caption.

A caption belongs to its file; whatever else a message may be (a place, a contact, a game) is nothing that can be sent.
"""

from typing import Final, NamedTuple

from aiogram.enums import ContentType
from aiogram.types import Message, PhotoSize

from engine.core.content import templates
from engine.core.content.model import MediaKind

_KINDS: Final[dict[ContentType, MediaKind]] = {
    ContentType.PHOTO: "photo",
    ContentType.VIDEO: "video",
    ContentType.ANIMATION: "animation",
    ContentType.AUDIO: "audio",
    ContentType.VOICE: "voice",
    ContentType.VIDEO_NOTE: "video_note",
    ContentType.DOCUMENT: "document",
    ContentType.STICKER: "sticker",
}


class Sent(NamedTuple):
    """A file that an admin has sent: `file_id` is the manager's name for it, `size` in bytes, 0 if that is not told."""

    kind: MediaKind
    file_id: str
    size: int
    name: str


class Said(NamedTuple):
    """`text` is plain, of a text only; `html` is the template that a text or a caption is.

    `album` binds the files of one album.
    """

    message_id: int
    text: str = ""
    html: str = ""
    sent: Sent | None = None
    album: str = ""
    spoiler: bool = False
    above: bool = False


def read(message: Message) -> Said:
    return Said(
        message.message_id,
        message.text or "",
        templates.from_html(message.html_text),
        _sent(message),
        message.media_group_id or "",
        bool(message.has_media_spoiler),
        bool(message.show_caption_above_media),
    )


def _sent(message: Message) -> Sent | None:
    kind = _KINDS.get(ContentType(message.content_type))
    if kind is None:
        return None
    found = getattr(message, kind)
    file = _largest(found) if kind == "photo" else found
    return Sent(kind, file.file_id, file.file_size or 0, getattr(file, "file_name", None) or kind)


def _largest(sizes: list[PhotoSize]) -> PhotoSize:
    return max(sizes, key=lambda size: size.width * size.height)
