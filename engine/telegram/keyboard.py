"""The buttons under a message, as the Bot API takes them."""

from typing import Any

from engine.core.bot_identity import Speaker
from engine.core.content.model import STOP, Button, Buttons, CopyButton, StartButton, StopButton, UrlButton


def keyboard(rows: Buttons, speaker: Speaker) -> dict[str, Any] | None:
    if not rows:
        return None
    return {"inline_keyboard": [[_button(button, speaker) for button in row] for row in rows]}


def _button(button: Button, speaker: Speaker) -> dict[str, Any]:
    style = {"style": button.style} if button.style else {}
    return {"text": button.text, **_deed(button, speaker), **style}


def _deed(button: Button, speaker: Speaker) -> dict[str, Any]:
    match button:
        case UrlButton(url=url):
            return {"url": url}
        case StartButton(payload=payload):
            return {"url": f"https://t.me/{speaker.username}?start={payload}"}
        case CopyButton(copy=copy):
            return {"copy_text": {"text": copy}}
        case StopButton():
            return {"callback_data": STOP}
