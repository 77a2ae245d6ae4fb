"""Buttons as an admin writes them: a line per row, `;` between the buttons of a row, `label | what it does`.

What `write` gives, `parse` reads back the same, except for a label that contains a `|`. Colours exist only in the
campaign file: they are lost when the buttons are rewritten here.
"""

import re
from collections.abc import Iterator
from functools import reduce
from typing import Final

from bot.framework.i18n import escaped
from engine.core.content import keyboard
from engine.core.content.model import Button, Buttons, CopyButton, StartButton, StopButton, UrlButton
from engine.core.errors import CampaignError, Phrase, within

_START: Final = "start:"
_COPY: Final = "copy:"
_STOP: Final = "stop"
_DIRECT: Final = "direct"
_ALSO: Final = {"copiar:": _COPY, "parar": _STOP, "direto": _DIRECT}
_BETWEEN: Final = re.compile(r"(?<=\s);(?=\s)")
_DASHES: Final = " \t-–—:=→>"
"""What people put between a label and an address in place of the `|`."""
_ADDRESS: Final = re.compile(r"(?:https?://|tg://|www\.|t\.me/)\S+|@[a-z]\w{3,31}", re.IGNORECASE)
_NAME: Final = re.compile(r"@([a-z][a-z0-9_]{3,31})", re.IGNORECASE)
_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE)
_SHOWN: Final = 3_000
"""No more characters fit on a screen."""
_MOST_FAULTS: Final = 10


def parse(text: str) -> Buttons:
    """Raises CampaignError, which tells every line that is not a row of buttons."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise CampaignError("There are no buttons here: write for example Buy | https://example.com.")
    read = [[_read(part, number) for part in _BETWEEN.split(line)] for number, line in lines]
    if faults := [one for row in read for one in row if isinstance(one, CampaignError)]:
        raise reduce(_and, _fewer(faults))
    return tuple(tuple(one for one in row if not isinstance(one, CampaignError)) for row in read)


def write(rows: Buttons) -> str:
    return "\n".join(" ; ".join(_written(button) for button in row) for row in rows)


def shown(rows: Buttons) -> str:
    """As HTML, for a screen."""
    lines = write(rows)
    return f"<pre>{escaped(lines if len(lines) <= _SHOWN else f'{lines[:_SHOWN]}…')}</pre>"


def only_stop(label: str) -> Buttons:
    return ((StopButton(label),),)


def _read(part: str, line: int) -> Button | CampaignError:
    """A button, or what is wrong with it."""
    try:
        with within(Phrase("line {line}", line=line)):
            button = _button(part.strip())
            keyboard.check_button(button)
    except CampaignError as refusal:
        return refusal
    return button


def _fewer(faults: list[CampaignError]) -> Iterator[CampaignError]:
    """Those that fit on a screen."""
    yield from faults[:_MOST_FAULTS]
    if len(faults) > _MOST_FAULTS:
        yield CampaignError("… and {count} more", count=len(faults) - _MOST_FAULTS)


def _and(one: CampaignError, other: CampaignError) -> CampaignError:
    return CampaignError("{one}\n{other}", one=one.phrase, other=other.phrase)


def _button(part: str) -> Button:
    label, target = _halves(part)
    if not label or not target:
        raise CampaignError("A button doesn't say what it does: write for example Buy | https://example.com.")
    if _word(target) == _STOP:
        return StopButton(label)
    kind, colon, value = target.partition(":")
    match _word(kind + colon):
        case "start:":
            return StartButton(label, value.strip())
        case "copy:":
            return CopyButton(label, value.strip())
    return _link(label, target)


def _word(text: str) -> str:
    """A word of ours, however it is written and in either language."""
    word = text.strip().lower()
    return _ALSO.get(word, word)


def _halves(part: str) -> tuple[str, str]:
    """A label and what it does; an address at the end needs no `|` in front of it."""
    label, bar, target = part.partition("|")
    last = part.split()[-1:]
    if bar or not last or not _ADDRESS.fullmatch(last[0]):
        return label.strip(), target.strip()
    return part.removesuffix(last[0]).rstrip(_DASHES).strip(), last[0]


def _link(label: str, target: str) -> UrlButton:
    address, bar, word = target.rpartition("|")
    if bar and _word(word) == _DIRECT:
        return UrlButton(label, _address(address.strip()), tracked=False)
    return UrlButton(label, _address(target))


def _address(target: str) -> str:
    """In full: an @name is at t.me, and a host without a scheme has the usual one."""
    if name := _NAME.fullmatch(target):
        return f"https://t.me/{name[1]}"
    return f"https://{target}" if _HOST.fullmatch(target) else target


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
