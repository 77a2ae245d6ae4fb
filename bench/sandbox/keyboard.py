"""Reply markup: checked as the server checks it. Only inline keyboards come back in a message."""

from functools import lru_cache
from typing import Any

import msgspec

from bench.sandbox import errors
from bench.sandbox.errors import ApiError
from bench.sandbox.links import checked_link

_DATA_BYTES = 64
_ACTIONS = frozenset(
    {
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
        "disabled",
    },
)


def inline_keyboard(given: Any) -> msgspec.Raw | None:
    """Check the markup; give the inline keyboard to store, None for none or for another kind of markup."""
    if given is None or given == "":
        return None
    return _checked(given if isinstance(given, str) else msgspec.json.encode(given).decode())


@lru_cache(maxsize=1024)
def _checked(encoded: str) -> msgspec.Raw | None:
    """Check one markup; cached because a campaign sends the same one to thousands."""
    markup = _decoded(encoded)
    if not isinstance(markup, dict):
        raise ApiError(errors.MARKUP_NOT_OBJECT)
    rows = markup.get("inline_keyboard")
    if not rows:
        return None
    for button in _buttons(rows):
        _check(button)
    return msgspec.Raw(msgspec.json.encode({"inline_keyboard": rows}))


def first_callback(markup: msgspec.Raw | None) -> str | None:
    """Find the data of the first button that can be tapped."""
    if markup is None:
        return None
    rows = msgspec.json.decode(markup)["inline_keyboard"]
    return next((button["callback_data"] for button in _buttons(rows) if "callback_data" in button), None)


def _decoded(encoded: str) -> Any:
    try:
        return msgspec.json.decode(encoded)
    except msgspec.DecodeError as error:
        raise ApiError(errors.MARKUP_NOT_JSON) from error


def _buttons(rows: Any) -> list[Any]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ApiError(errors.MARKUP_NOT_JSON)
    return [button for row in rows for button in row]


def _check(button: Any) -> None:
    if not isinstance(button, dict) or not _ACTIONS & button.keys():
        raise ApiError(errors.BUTTON_TEXT_ONLY)
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= _DATA_BYTES:
        raise ApiError(errors.BUTTON_DATA_INVALID)
    url = button.get("url")
    if url is not None and checked_link(str(url)) is None:
        raise ApiError(errors.BUTTON_URL_INVALID)
