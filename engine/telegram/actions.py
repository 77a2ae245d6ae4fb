"""What a chat shows while a message is under way. Telegram does not have an action for each kind."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from engine.core.content.model import Content, MediaKind, assets

Action: TypeAlias = Literal[
    "typing",
    "upload_photo",
    "upload_video",
    "upload_document",
    "upload_voice",
    "record_voice",
    "record_video_note",
    "choose_sticker",
]

_ACTIONS: Final[Mapping[MediaKind, Action]] = {
    "photo": "upload_photo",
    "video": "upload_video",
    "animation": "upload_video",
    "audio": "upload_voice",
    "voice": "record_voice",
    "video_note": "record_video_note",
    "document": "upload_document",
    "sticker": "choose_sticker",
}


def action_of(content: Content) -> Action:
    """An album shows the action of its first file, a content without files that of a text."""
    files = assets(content)
    return _ACTIONS[files[0].kind] if files else "typing"
