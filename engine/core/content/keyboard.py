"""Whether Telegram will accept the buttons under a message, and people can use them."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from engine.core.content import html, text_checks
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

_SCHEMES: Final = ("http", "https", "tg")
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
            check_url(url)
        case StartButton(payload=payload):
            check_payload(payload)
        case CopyButton(copy=copy):
            check_copy(copy)
        case StopButton():
            pass


def check_url(url: str) -> None:
    if len(url.encode(errors="replace")) > MAX_URL_BYTES:
        raise CampaignError("The address is longer than {most} bytes: shorten it.", most=MAX_URL_BYTES)
    if _SPACE.search(url):
        raise CampaignError("The address contains a space or a character that cannot be sent: write %20 for a space.")
    parts = _parts(url)
    if parts is None or parts.scheme not in _SCHEMES or not _is_host(parts.scheme, parts.hostname):
        raise CampaignError("The address is invalid: write it in full, such as https://example.com/offer.")


def check_payload(payload: str) -> None:
    if not _PAYLOAD.fullmatch(payload):
        raise CampaignError("The start payload is invalid: write 1 to 64 of A-Z, a-z, 0-9, _ and -.")


def check_copy(copy: str) -> None:
    html.check_characters(copy, Phrase("text to copy"))
    if not copy.strip() or len(copy) > MAX_COPY:
        raise CampaignError(
            "The text to copy has {length} characters: write 1 to {most}.", length=len(copy), most=MAX_COPY
        )


def _parts(url: str) -> SplitResult | None:
    """Take an address apart; None if it cannot be parsed."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - asking is what checks it
    except ValueError:
        return None
    return parts


def _is_host(scheme: str, host: str | None) -> bool:
    """Telegram opens no address of a private network."""
    return bool(host) and (scheme == "tg" or "." in (host or "").strip(".") or host == "localhost")


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
    return _BUTTON_BYTES + _width(button.text) + _target_bytes(button)


def _target_bytes(button: Button) -> int:
    match button:
        case UrlButton(url=url):
            return max(_width(url), _TRACKED_BYTES) if is_tracked(button) else _width(url)
        case StartButton(payload=payload):
            return _START_BYTES + len(payload)
        case CopyButton(copy=copy):
            return _width(copy)
        case StopButton():
            return _STOP_BYTES


def _width(text: str) -> int:
    return len(msgspec.json.encode(text))
