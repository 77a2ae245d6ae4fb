"""What a markup puts beneath the person's text field: a keyboard, or nothing in its place.

Such a keyboard is the app's and not the message's: it stays until another one comes, or one that removes it.
"""

from typing import Any

from bench.sandbox.formatting.reply_markup import decoded_markup

NO_KEYBOARD: dict[str, Any] = {}
_KEPT = ("is_persistent", "resize_keyboard", "one_time_keyboard", "input_field_placeholder")


def reply_keyboard(given: Any) -> dict[str, Any] | None:
    """Read a markup that was checked: None if it changes nothing, NO_KEYBOARD if it takes the keyboard away."""
    if given is None or given == "":
        return None
    markup = decoded_markup(given)
    rows = [[_button(button) for button in row] for row in markup.get("keyboard") or ()]
    if any(rows):
        return {"keyboard": [row for row in rows if row], **{name: markup[name] for name in _KEPT if markup.get(name)}}
    return NO_KEYBOARD if markup.get("remove_keyboard") else None


def _button(given: Any) -> dict[str, Any]:
    """The server reads a number as its digits."""
    return {"text": given} if isinstance(given, str) else {**given, "text": str(given["text"])}
