"""The buttons under a message, as aiogram's objects."""

from typing import Any

from aiogram.types import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from engine.core.bot_identity import Speaker
from engine.core.content.model import STOP, Button, Buttons, CopyButton, StartButton, StopButton, UrlButton


def keyboard(rows: Buttons, speaker: Speaker) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(inline_keyboard=[[_button(button, speaker) for button in row] for row in rows])


def _button(button: Button, speaker: Speaker) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=button.text, style=button.style, **_deed(button, speaker))


def _deed(button: Button, speaker: Speaker) -> dict[str, Any]:
    match button:
        case UrlButton(url=url):
            return {"url": url}
        case StartButton(payload=payload):
            return {"url": f"https://t.me/{speaker.username}?start={payload}"}
        case CopyButton(copy=copy):
            return {"copy_text": CopyTextButton(text=copy)}
        case StopButton():
            return {"callback_data": STOP}
