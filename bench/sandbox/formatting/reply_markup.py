"""Reply markup, checked as the server checks it. Only inline keyboards come back in a message.

A keyboard is checked three times, and these functions keep that order: the Bot API server checks its form, the
server's library words and links, Telegram sizes. The server takes the first action in a button and ignores the others.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from bench.sandbox import errors, untrusted_json
from bench.sandbox.errors import ApiError, Refusal
from bench.sandbox.formatting.links import checked_link, mentioned_user

_DATA_BYTES = 64
_LONGEST_COPY = 256
_MOST_BUTTONS = 100
_WIDEST_ROW = 8
_MOST_BYTES = 10_240
_ACTIONS = (
    "url",
    "callback_data",
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "login_url",
    "web_app",
    "copy_text",
    "disabled",
)
# The server treats these as absent if they are empty.
_NOT_GIVEN: dict[str, tuple[Any, ...]] = {"url": (None, ""), "callback_data": (None, "")}
_OBJECTS = frozenset({"switch_inline_query_chosen_chat", "login_url", "web_app", "copy_text"})


def inline_keyboard(given: Any) -> msgspec.Raw | None:
    """Check the markup; return the inline keyboard to store, None if there is none or it is another kind of markup."""
    if given is None or given == "":
        return None
    return _checked(_encoded(given))


def edited_keyboard(given: Any) -> msgspec.Raw | None:
    """Check the markup of an edit: it can only be an inline keyboard, and without one the old one is removed."""
    if given is None or given == "":
        return None
    markup = inline_keyboard(given)
    if markup is None and _other_kind(decoded_markup(given)):
        raise ApiError(errors.INLINE_KEYBOARD_EXPECTED)
    return markup


def first_callback(markup: msgspec.Raw | None) -> str | None:
    """Find the data of the first button that can be tapped."""
    if markup is None:
        return None
    buttons = (button for row in untrusted_json.decode(markup)["inline_keyboard"] for button in row)
    return next((button["callback_data"] for button in buttons if button.get("callback_data")), None)


def keyboard_misfits(markup: Any) -> Iterator[str]:
    """Report what the server ignores, so that people do not see it as it was meant."""
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, list):
            continue
        if len(row) > _WIDEST_ROW:
            yield f'"reply_markup" has a row of {len(row)} buttons; {_WIDEST_ROW} can be shown'
        for button in row:
            if isinstance(button, dict) and sum(action in button for action in _ACTIONS) > 1:
                yield '"reply_markup" has a button with more than one action'


@lru_cache(maxsize=1024)
def _checked(encoded: str) -> msgspec.Raw | None:
    """Check one markup; cached because a campaign sends the same one to thousands."""
    markup = decoded_markup(encoded)
    if not isinstance(markup, dict):
        raise ApiError(errors.MARKUP_NOT_OBJECT)
    replies = _rows(markup, "keyboard", errors.KEYBOARD_NOT_ROWS, _check_reply_form)
    rows = _rows(markup, "inline_keyboard", errors.INLINE_KEYBOARD_NOT_ROWS, _check_inline_form)
    if any(replies):
        _check_texts(replies, errors.REPLY_BUTTON_TEXT_EMPTY)
        return None
    return _rendered(rows) if any(rows) else None


def _rendered(rows: list[list[Any]]) -> msgspec.Raw:
    """Check words, links and sizes; leave out rows without buttons."""
    _check_texts(rows, errors.INLINE_BUTTON_TEXT_EMPTY)
    for row in rows:
        for button in row:
            _check_action(button)
    raw = msgspec.Raw(msgspec.json.encode({"inline_keyboard": [row for row in rows if row]}))
    if sum(map(len, rows)) > _MOST_BUTTONS or len(raw) > _MOST_BYTES:
        raise ApiError(errors.MARKUP_TOO_LONG)
    return raw


def _encoded(given: Any) -> str:
    return given if isinstance(given, str) else msgspec.json.encode(given).decode()


def decoded_markup(given: Any) -> Any:
    try:
        return untrusted_json.decode(_encoded(given))
    except msgspec.DecodeError as error:
        raise ApiError(errors.MARKUP_NOT_JSON) from error


def _other_kind(markup: Any) -> bool:
    return any(markup.get(name) for name in ("keyboard", "remove_keyboard", "force_reply"))


def _rows(markup: Any, name: str, not_rows: Refusal, check: Callable[[Any], None]) -> list[list[Any]]:
    rows = markup.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise ApiError(errors.bad_request(f'field "{name}" must be of type Array'))
    for row in rows:
        if not isinstance(row, list):
            raise ApiError(not_rows)
        for button in row:
            check(button)
    return rows


def _check_reply_form(button: Any) -> None:
    if isinstance(button, str):
        return
    if not isinstance(button, dict):
        raise ApiError(errors.reply_button("KeyboardButton must be a String or an Object"))
    if "text" not in button:
        raise ApiError(errors.reply_button('Can\'t find field "text"'))


def _check_inline_form(button: Any) -> None:
    if not isinstance(button, dict):
        raise ApiError(errors.inline_button("InlineKeyboardButton must be an Object"))
    if "text" not in button:
        raise ApiError(errors.inline_button('Can\'t find field "text"'))
    action = _action(button)
    if action is None:
        raise ApiError(errors.BUTTON_TEXT_ONLY)
    if action in _OBJECTS and not isinstance(button[action], dict):
        raise ApiError(errors.inline_button(f'Field "{action}" must be of type Object'))


def _check_texts(rows: list[list[Any]], empty: Refusal) -> None:
    for row in rows:
        for button in row:
            text = button if isinstance(button, str) else button["text"]
            if not str(text).strip():
                raise ApiError(empty)


def _action(button: dict[str, Any]) -> str | None:
    """Find the action that the server takes: the first in its order."""
    return next((name for name in _ACTIONS if button.get(name) not in _NOT_GIVEN.get(name, (None,))), None)


def _check_action(button: dict[str, Any]) -> None:
    action = _action(button)
    if action == "callback_data" and len(str(button[action]).encode()) > _DATA_BYTES:
        raise ApiError(errors.BUTTON_DATA_INVALID)
    if action == "copy_text" and not 1 <= len(str(button[action].get("text", ""))) <= _LONGEST_COPY:
        raise ApiError(errors.BUTTON_COPY_TEXT_INVALID)
    url = _link(button, action)
    if url is not None and mentioned_user(url) is None and checked_link(url) is None:
        raise ApiError(errors.BUTTON_URL_INVALID)


def _link(button: dict[str, Any], action: str | None) -> str | None:
    if action == "url":
        return str(button["url"])
    return str(button[action].get("url", "")) if action in {"login_url", "web_app"} else None
