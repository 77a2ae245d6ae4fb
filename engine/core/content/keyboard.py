"""Whether Telegram will accept the buttons under a message, and people can use them.

An address takes no variables: it goes to somebody else's server, and people's names with it. What a button copies takes
them like a text.
"""

import re
from typing import Final

import msgspec

from engine.core.content import addresses, html, templates, text_checks
from engine.core.content.model import Button, Buttons, CopyButton, StartButton, StopButton, UrlButton, is_tracked
from engine.core.errors import CampaignError, Phrase, within

MAX_BUTTONS: Final = 100
MAX_IN_ROW: Final = 8
MAX_URL_BYTES: Final = 2_048
MAX_COPY: Final = 256
_MAX_BYTES: Final = 10_240
"""Bytes of the whole keyboard on the wire."""
_BUTTON_BYTES: Final = len('[{"text":,"copy_text":{"text":},"style":"primary"}],')
_STOP_BYTES: Final = 64
_START_BYTES: Final = len('"https://t.me/?start="') + 32
_TRACKED_BYTES: Final = 400
"""Values that are not known yet, at their longest: data, the bot's own address, a link through the receiver."""

_SCHEME: Final = re.compile("(?:https?|tg|ton|tonsite)://", re.IGNORECASE | re.ASCII)
_WIDEST: Final = "👍"
"""No character of a name takes more bytes."""
_PAYLOAD: Final = re.compile("[A-Za-z0-9_-]{1,64}")
_SPACE: Final = re.compile(r"[\s\x00-\x20\x7f\ud800-\udfff]")


def check(rows: Buttons) -> None:
    for row_number, row in enumerate(rows, 1):
        if not 1 <= len(row) <= MAX_IN_ROW:
            raise CampaignError(
                "Row {row} has {count} buttons: put 1 to {most} in a row.",
                row=row_number,
                count=len(row),
                most=MAX_IN_ROW,
            )
        for number, button in enumerate(row, 1):
            with within(Phrase("button {number} of row {row}", number=number, row=row_number)):
                check_button(button)
    _check_together([button for row in rows for button in row])


def check_button(button: Button) -> None:
    text_checks.check_label(button.text)
    match button:
        case UrlButton(url=url):
            check_url(url, tracked=button.tracked)
        case StartButton(payload=payload):
            check_payload(payload)
        case CopyButton(copy=copy):
            check_copy(copy)
        case StopButton():
            pass


def check_url(url: str, *, tracked: bool = True) -> None:
    """An address of this machine is good for trying things out, if the receiver leads to it."""
    if len(url.encode(errors="replace")) > MAX_URL_BYTES:
        raise CampaignError("The address is longer than {most} bytes: shorten it.", most=MAX_URL_BYTES)
    if _SPACE.search(url):
        raise CampaignError("The address contains a space or a character that cannot be sent: write %20 for a space.")
    for place in templates.places(url):
        variable = Phrase("there is a variable, which an address does not take")
        raise CampaignError.at(url, place, Phrase("address"), variable, Phrase("delete it"))
    if _is_local(url) and not tracked:
        raise CampaignError(
            "Telegram opens no address of this machine: write a public one, or let the taps be counted."
        )
    if not _SCHEME.match(url) or not (addresses.is_link(url) or _is_local(url)):
        raise CampaignError("The address is invalid: write it in full, such as https://example.com/offer.")


def check_payload(payload: str) -> None:
    if not _PAYLOAD.fullmatch(payload):
        raise CampaignError("The start payload is invalid: write 1 to 64 of A-Z, a-z, 0-9, _ and -.")


def check_copy(copy: str) -> None:
    noun = Phrase("text to copy")
    html.check_characters(copy, noun)
    templates.check(copy, noun)
    longest = templates.longest(copy)
    if not longest.strip() or len(longest) > MAX_COPY:
        raise CampaignError(
            "The text to copy has {length} characters: write 1 to {most}.", length=len(longest), most=MAX_COPY
        )


def _is_local(url: str) -> bool:
    parts = addresses.parse(url)
    return parts is not None and parts.host.lower() == "localhost"


def _check_together(together: list[Button]) -> None:
    if len(together) > MAX_BUTTONS:
        raise CampaignError("There are {count} buttons: leave at most {most}.", count=len(together), most=MAX_BUTTONS)
    if sum(isinstance(button, StopButton) for button in together) > 1:
        raise CampaignError("There are several buttons that stop reminders: leave one.")
    if (size := sum(map(_bytes, together))) > _MAX_BYTES:
        raise CampaignError(
            "The buttons take {size} bytes, Telegram takes {most}: leave fewer or shorter ones.",
            size=size,
            most=_MAX_BYTES,
        )


def _bytes(button: Button) -> int:
    """The most bytes that a button can take on the wire."""
    return _BUTTON_BYTES + _most_bytes(button.text, text_checks.MAX_LABEL) + _target_bytes(button)


def _target_bytes(button: Button) -> int:
    match button:
        case UrlButton(url=url):
            return max(_width(url), _TRACKED_BYTES) if is_tracked(button) else _width(url)
        case StartButton(payload=payload):
            return _START_BYTES + len(payload)
        case CopyButton(copy=copy):
            return _most_bytes(copy, MAX_COPY)
        case StopButton():
            return _STOP_BYTES


def _most_bytes(template: str, most: int) -> int:
    return _width(templates.longest(template, _WIDEST)[:most])


def _width(text: str) -> int:
    return len(msgspec.json.encode(text))
