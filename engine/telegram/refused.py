"""What the Bot API refused, as the poll of a feed sees it."""

from typing import Final, NamedTuple

import msgspec

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Refused(NamedTuple):
    """Telegram's own error, or an answer that is none."""

    code: int
    description: str
