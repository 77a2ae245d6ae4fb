"""What becomes of a message after it was sent: it goes after a while, or when the person returns or pays it changes.

The rules are noted beside the delivery by their names, so that the statement which closes an episode can act on them;
the words of a replacement are read from the published version when it is made.
"""

from typing import Final, Literal, TypeAlias

from engine.core.content.model import After, Delete, Effects, Keep, Replace, Unbutton

Occasion: TypeAlias = Literal["returned", "paid"]

LONGEST_STAY_MS: Final = (47 * 60 + 50) * 60_000
"""Telegram deletes nothing that is older than 48 h; a sweep needs a little room."""

_NAMES: Final[dict[type[After], str | None]] = {Keep: None, Unbutton: "unbutton", Replace: "replace", Delete: "delete"}


def name_of(rule: After) -> str | None:
    """The rule as it is noted beside a delivery; None keeps the message."""
    return _NAMES[type(rule)]


def rule_for(effects: Effects, occasion: str) -> After:
    """What the block wants done when the person has returned, or paid."""
    return effects.on_payment if occasion == "paid" else effects.on_return
