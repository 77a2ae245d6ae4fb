"""Turns a rendered content into a call: one method of the Bot API for each kind of message."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from engine.core.bot_identity import Speaker
from engine.core.content.model import (
    CAPTIONED,
    COVERABLE,
    Album,
    Asset,
    Content,
    Effects,
    Item,
    Media,
    MediaKind,
    Poll,
    Preview,
    TelegramFile,
    Text,
)
from engine.media.uploads import Upload
from engine.telegram.keyboard import keyboard
from engine.telegram.session import Call

Files: TypeAlias = Mapping[Asset, TelegramFile | Upload]
"""Known to Telegram, or the bytes."""

_SENDS: Final[Mapping[MediaKind, str]] = {
    "photo": "sendPhoto",
    "video": "sendVideo",
    "animation": "sendAnimation",
    "audio": "sendAudio",
    "voice": "sendVoice",
    "video_note": "sendVideoNote",
    "document": "sendDocument",
    "sticker": "sendSticker",
}
_PREVIEWS: Final[Mapping[Preview, Mapping[str, bool] | None]] = {
    "auto": None,
    "off": {"is_disabled": True},
    "small": {"prefer_small_media": True},
    "large": {"prefer_large_media": True},
    "above": {"show_above_text": True},
}
_HTML: Final = "HTML"


class _Attached(dict[str, Upload]):
    """The files that a call carries, by the names under which its parameters refer to them."""

    def name(self, file: TelegramFile | Upload) -> str:
        if isinstance(file, TelegramFile):
            return file.file_id
        key = f"file{len(self)}"
        self[key] = file
        return f"attach://{key}"


def method_of(speaker: Speaker, chat_id: int, content: Content, effects: Effects, files: Files) -> Call:
    attached = _Attached()
    method, said = _said(content, speaker, files, attached)
    fields = {
        "chat_id": chat_id,
        **said,
        "disable_notification": effects.silent or None,
        "protect_content": effects.protect or None,
        "message_effect_id": effects.message_effect,
        "allow_paid_broadcast": speaker.paid_broadcast or None,
    }
    return Call(method, _given(fields), attached)


def replacement(chat_id: int, message_id: int, text: str, sent: Content) -> Call:
    """The position of the caption must be given again, or the caption goes under the picture."""
    where = {"chat_id": chat_id, "message_id": message_id, "parse_mode": _HTML}
    if isinstance(sent, Text):
        return Call("editMessageText", {**where, "text": text})
    above = isinstance(sent, Media | Album) and sent.above
    return Call("editMessageCaption", _given({**where, "caption": text, "show_caption_above_media": above or None}))


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without the parameters that keep Telegram's default."""
    return {name: value for name, value in fields.items() if value is not None}


def _said(content: Content, speaker: Speaker, files: Files, attached: _Attached) -> tuple[str, dict[str, Any]]:
    match content:
        case Text():
            return "sendMessage", _text(content, speaker)
        case Media():
            return _media(content, speaker, files[Asset(content.kind, content.sha256)], attached)
        case Album():
            return "sendMediaGroup", {
                "media": [_item(item, files, attached, above=content.above) for item in content.items]
            }
        case Poll():
            return "sendPoll", _poll(content, speaker)


def _text(content: Text, speaker: Speaker) -> dict[str, Any]:
    return {
        "text": content.text,
        "parse_mode": _HTML,
        "link_preview_options": _PREVIEWS[content.preview],
        "reply_markup": keyboard(content.buttons, speaker),
    }


def _media(
    content: Media, speaker: Speaker, file: TelegramFile | Upload, attached: _Attached
) -> tuple[str, dict[str, Any]]:
    """Each method names its file parameter like our kind."""
    kind = _kind_of(file, content)
    look = _look(kind, content.caption, above=content.above, spoiler=content.spoiler)
    return _SENDS[kind], {kind: attached.name(file), **look, "reply_markup": keyboard(content.buttons, speaker)}


def _kind_of(file: TelegramFile | Upload, content: Media) -> MediaKind:
    """A file that Telegram took for another kind is sent as that, unless that would lose the caption."""
    if isinstance(file, TelegramFile) and (file.kind in CAPTIONED or not content.caption):
        return file.kind
    return content.kind


def _item(item: Item, files: Files, attached: _Attached, *, above: bool) -> dict[str, Any]:
    file = attached.name(files[Asset(item.kind, item.sha256)])
    look = _look(item.kind, item.caption, above=above, spoiler=item.spoiler)
    return _given({"type": item.kind, "media": file, **look})


def _look(kind: MediaKind, caption: str, *, above: bool, spoiler: bool) -> dict[str, Any]:
    """A document must stay one, even if Telegram takes it for a video: else its file id does not work again."""
    look: dict[str, Any] = {"disable_content_type_detection": True} if kind == "document" else {}
    if caption and kind in CAPTIONED:
        look |= {"caption": caption, "parse_mode": _HTML}
    if kind in COVERABLE:
        look |= {"has_spoiler": spoiler or None, "show_caption_above_media": above or None}
    return look


def _poll(content: Poll, speaker: Speaker) -> dict[str, Any]:
    return {
        "question": content.question,
        "options": [{"text": option} for option in content.options],
        "is_anonymous": content.anonymous,
        "allows_multiple_answers": content.multiple,
        "type": "regular" if content.correct is None else "quiz",
        "correct_option_ids": None if content.correct is None else [content.correct],
        "explanation": content.explanation or None,
        "reply_markup": keyboard(content.buttons, speaker),
    }
