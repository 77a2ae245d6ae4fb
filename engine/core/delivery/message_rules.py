"""What happens to a message after it was sent: it is deleted after a while, or changed when the person returns or pays.

The rules are stored with the delivery, by name, so that the statement that closes an episode can apply them; the text
of a replacement is read from the published version when it is needed.
"""

from typing import Final, Literal, TypeAlias

from engine.core.content.model import After, Delete, Effects, Keep, Replace, Unbutton

Occasion: TypeAlias = Literal["returned", "paid"]

LONGEST_STAY_MS: Final = (47 * 60 + 50) * 60_000
"""Telegram deletes nothing that is older than 48 h; the sweep needs a margin."""

_NAMES: Final[dict[type[After], str | None]] = {Keep: None, Unbutton: "unbutton", Replace: "replace", Delete: "delete"}


def name_of(rule: After) -> str | None:
    """The rule as it is stored with a delivery; None keeps the message."""
    return _NAMES[type(rule)]


def rule_for(effects: Effects, occasion: str) -> After:
    """The block's rule for when the person has returned, or paid."""
    return effects.on_payment if occasion == "paid" else effects.on_return
