"""A call that the Bot API refused, as `client` gives it."""

from typing import Final, NamedTuple

import msgspec

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding a stranger's JSON may raise."""


class Refused(NamedTuple):
    """Telegram's own error; code 0 if no readable answer came."""

    code: int
    description: str


NOT_THE_BOT_API: Final = Refused(0, "the answer is not of the Bot API")
REDIRECTED: Final = Refused(0, "the answer names another address")
