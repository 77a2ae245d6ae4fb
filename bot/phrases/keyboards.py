"""Buttons as an admin writes them: a line per row, `;` between the buttons of a row, `label | what it does`.

What `write` gives, `parse` reads back the same, except for a label that contains a `|`. Colours exist only in the
campaign file: they are lost when the buttons are rewritten here.
"""

import re
from typing import Final

from bot.framework.i18n import escaped
from engine.core.content.model import Button, Buttons, CopyButton, StartButton, StopButton, UrlButton
from engine.core.errors import CampaignError

_START: Final = "start:"
_COPY: Final = "copy:"
_STOP: Final = "stop"
_DIRECT: Final = re.compile(r"(.*\S)\s*\|\s*direct", re.DOTALL)
_BETWEEN: Final = re.compile(r"\s+;\s+")
_SHOWN: Final = 3_000
"""No more characters fit on a screen."""


def parse(text: str) -> Buttons:
    """Raises CampaignError for a line that is not a row of buttons."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise CampaignError("There are no buttons here: write for example Buy | https://example.com.")
    return tuple(tuple(_button(part) for part in _BETWEEN.split(line.strip())) for line in lines)


def write(rows: Buttons) -> str:
    return "\n".join(" ; ".join(_written(button) for button in row) for row in rows)


def shown(rows: Buttons) -> str:
    """As HTML, for a screen."""
    lines = write(rows)
    return f"<pre>{escaped(lines if len(lines) <= _SHOWN else f'{lines[:_SHOWN]}…')}</pre>"


def only_stop(label: str) -> Buttons:
    return ((StopButton(label),),)


def _button(part: str) -> Button:
    label, target = (piece.strip() for piece in part.partition("|")[::2])
    if not label or not target:
        raise CampaignError("A button doesn't say what it does: write for example Buy | https://example.com.")
    if target.lower() == _STOP:
        return StopButton(label)
    if target.startswith(_START):
        return StartButton(label, target.removeprefix(_START).strip())
    if target.startswith(_COPY):
        return CopyButton(label, target.removeprefix(_COPY).strip())
    direct = _DIRECT.fullmatch(target)
    return UrlButton(label, direct[1] if direct else target, tracked=direct is None)


def _written(button: Button) -> str:
    match button:
        case UrlButton(url=url, tracked=tracked):
            target = url if tracked else f"{url} | direct"
        case StartButton(payload=payload):
            target = f"{_START}{payload}"
        case CopyButton(copy=copy):
            target = f"{_COPY}{copy}"
        case StopButton():
            target = _STOP
    return f"{button.text} | {target}"
