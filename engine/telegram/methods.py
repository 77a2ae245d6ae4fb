"""Turns a rendered content into an aiogram method: one method of the Bot API for each kind of message."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from aiogram.methods import (
    EditMessageCaption,
    EditMessageText,
    SendAnimation,
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendPoll,
    SendSticker,
    SendVideo,
    SendVideoNote,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    InputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    InputPollOption,
    LinkPreviewOptions,
)

from engine.core.bot_identity import Speaker
from engine.core.content.model import (
    CAPTIONED,
    COVERABLE,
    Album,
    Asset,
    Content,
    Effects,
    Item,
    ItemKind,
    Media,
    MediaKind,
    Poll,
    Preview,
    TelegramFile,
    Text,
)
from engine.telegram.keyboard import keyboard

Files: TypeAlias = Mapping[Asset, TelegramFile | InputFile]
"""Known to Telegram, or the bytes."""

_SENDS: Final[Mapping[MediaKind, type[Any]]] = {
    "photo": SendPhoto,
    "video": SendVideo,
    "animation": SendAnimation,
    "audio": SendAudio,
    "voice": SendVoice,
    "video_note": SendVideoNote,
    "document": SendDocument,
    "sticker": SendSticker,
}
_ITEMS: Final[Mapping[ItemKind, type[Any]]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
    "document": InputMediaDocument,
}
_PREVIEWS: Final[Mapping[Preview, LinkPreviewOptions | None]] = {
    "auto": None,
    "off": LinkPreviewOptions(is_disabled=True),
    "small": LinkPreviewOptions(prefer_small_media=True),
    "large": LinkPreviewOptions(prefer_large_media=True),
    "above": LinkPreviewOptions(show_above_text=True),
}
_HTML: Final = "HTML"


def method_of(speaker: Speaker, chat_id: int, content: Content, effects: Effects, files: Files) -> TelegramMethod[Any]:
    how = {"chat_id": chat_id, **_effects(effects)}
    if speaker.paid_broadcast:
        how["allow_paid_broadcast"] = True
    match content:
        case Text():
            return _text(content, speaker, how)
        case Media():
            return _media(content, speaker, files, how)
        case Album():
            return SendMediaGroup(media=[_item(item, files, above=content.above) for item in content.items], **how)
        case Poll():
            return _poll(content, speaker, how)


def replacement(chat_id: int, message_id: int, text: str, sent: Content) -> TelegramMethod[Any]:
    """The position of the caption must be given again, or the caption goes under the picture."""
    where: dict[str, Any] = {"chat_id": chat_id, "message_id": message_id, "parse_mode": _HTML}
    if isinstance(sent, Text):
        return EditMessageText(text=text, **where)
    above = isinstance(sent, Media | Album) and sent.above
    return EditMessageCaption(caption=text, show_caption_above_media=above or None, **where)


def _text(content: Text, speaker: Speaker, how: dict[str, Any]) -> SendMessage:
    return SendMessage(
        text=content.text,
        parse_mode=_HTML,
        link_preview_options=_PREVIEWS[content.preview],
        reply_markup=keyboard(content.buttons, speaker),
        **how,
    )


def _media(content: Media, speaker: Speaker, files: Files, how: dict[str, Any]) -> TelegramMethod[Any]:
    """Each method names its file parameter like our kind."""
    file = files[Asset(content.kind, content.sha256)]
    kind = _kind_of(file, content)
    look = _look(kind, content.caption, above=content.above, spoiler=content.spoiler)
    method: TelegramMethod[Any] = _SENDS[kind](
        **{kind: _named(file)}, **look, reply_markup=keyboard(content.buttons, speaker), **how
    )
    return method


def _kind_of(file: TelegramFile | InputFile, content: Media) -> MediaKind:
    """A file that Telegram took for another kind is sent as that, unless that would lose the caption."""
    if isinstance(file, TelegramFile) and (file.kind in CAPTIONED or not content.caption):
        return file.kind
    return content.kind


def _named(file: TelegramFile | InputFile) -> str | InputFile:
    return file.file_id if isinstance(file, TelegramFile) else file


def _item(item: Item, files: Files, *, above: bool) -> Any:
    file = files[Asset(item.kind, item.sha256)]
    look = _look(item.kind, item.caption, above=above, spoiler=item.spoiler)
    return _ITEMS[item.kind](type=item.kind, media=_named(file), **look)


def _look(kind: MediaKind, caption: str, *, above: bool, spoiler: bool) -> dict[str, Any]:
    """A document must stay one, even if Telegram takes it for a video: else its file id does not work again."""
    look: dict[str, Any] = {"disable_content_type_detection": True} if kind == "document" else {}
    if caption and kind in CAPTIONED:
        look |= {"caption": caption, "parse_mode": _HTML}
    if kind in COVERABLE:
        look |= {"has_spoiler": spoiler or None, "show_caption_above_media": above or None}
    return look


def _poll(content: Poll, speaker: Speaker, how: dict[str, Any]) -> SendPoll:
    return SendPoll(
        question=content.question,
        options=[InputPollOption(text=option) for option in content.options],
        is_anonymous=content.anonymous,
        allows_multiple_answers=content.multiple,
        type="regular" if content.correct is None else "quiz",
        correct_option_ids=None if content.correct is None else [content.correct],
        explanation=content.explanation or None,
        reply_markup=keyboard(content.buttons, speaker),
        **how,
    )


def _effects(effects: Effects) -> dict[str, Any]:
    return {
        "disable_notification": effects.silent or None,
        "protect_content": effects.protect or None,
        "message_effect_id": effects.message_effect,
    }
