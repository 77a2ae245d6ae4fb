"""An admin's message, reduced to what a block can be made of: a text with its formatting as HTML, or a file.

A caption belongs to its file. Anything else (a place, a contact, a game) cannot be sent to users.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

from aiogram.enums import ContentType
from aiogram.types import Message, MessageEntity, PhotoSize

from engine.core.content import html_writing, templates
from engine.core.content.html_writing import Formatting
from engine.core.content.model import Asset, MediaKind
from engine.security import secret_forms

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


Fetch: TypeAlias = Callable[["IncomingFile"], Awaitable[Asset]]
"""Takes a file into the library. Raises MediaError, UnreachableError."""


class IncomingFile(NamedTuple):
    """A file that an admin sent: `file_id` is the manager's name for it; `size` is in bytes, 0 if unknown."""

    kind: MediaKind
    file_id: str
    size: int
    name: str
    fetch: Fetch


class IncomingMessage(NamedTuple):
    """`text` is plain, and empty for a caption; `html` is the text or the caption as a template.

    `album` is the same for all files of one album.
    """

    message_id: int
    text: str = ""
    html: str = ""
    file: IncomingFile | None = None
    album: str = ""
    spoiler: bool = False
    above: bool = False


def holds_a_token(message: Message) -> bool:
    """Whether a bot's token stands in its text or caption, however formatted, or behind a link in it."""
    links = (entity.url or "" for entity in message.entities or message.caption_entities or ())
    return any(map(secret_forms.holds_a_token, (message.text or "", message.caption or "", *links)))


def read(message: Message, fetch: Fetch) -> IncomingMessage:
    return IncomingMessage(
        message.message_id,
        message.text or "",
        templates.from_html(_html(message)),
        _file(message, fetch),
        message.media_group_id or "",
        bool(message.has_media_spoiler),
        bool(message.show_caption_above_media),
    )


def _html(message: Message) -> str:
    text, entities = message.text or message.caption, message.entities or message.caption_entities
    return html_writing.write(text or "", map(_formatting, entities or ()))


def _formatting(entity: MessageEntity) -> Formatting:
    kind, value, detail = entity.type, entity.url or entity.language or entity.custom_emoji_id or "", ""
    if entity.user:
        kind, value = "text_link", f"tg://user?id={entity.user.id}"
    if entity.unix_time is not None:
        value, detail = str(_second(entity.unix_time)), entity.date_time_format or ""
    return Formatting(entity.offset, entity.length, kind, value, detail)


def _second(moment: datetime | int) -> int:
    return int(moment.timestamp()) if isinstance(moment, datetime) else moment


def _file(message: Message, fetch: Fetch) -> IncomingFile | None:
    kind = _KINDS.get(ContentType(message.content_type))
    if kind is None:
        return None
    found = getattr(message, kind)
    file = _largest(found) if kind == "photo" else found
    return IncomingFile(kind, file.file_id, file.file_size or 0, getattr(file, "file_name", None) or kind, fetch)


def _largest(sizes: list[PhotoSize]) -> PhotoSize:
    return max(sizes, key=lambda size: size.width * size.height)
