"""What a payment may look like, from whichever system it comes. Every refusal is a ValueError that names the mend."""

import re
from typing import Final, NamedTuple

from engine.core.schedule.timestamps import read_moment

MAX_EXTERNAL_ID: Final = 200
MAX_CHAT: Final = 2**52
MAX_AMOUNT: Final = 10**15
STATUSES: Final = ("paid", "refunded")
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}", re.ASCII)


class Told(NamedTuple):
    """A payment as told; `paid_at_ms` 0 is now."""

    external_id: str
    chat_id: int
    amount: int
    currency: str
    status: str
    paid_at_ms: int


def read(
    external_id: str, chat_id: int, amount: int, currency: str, status: str = "paid", paid_at: int | str | None = None
) -> Told:
    """Check a payment, and write it as all are written. Raises ValueError."""
    if not (0 < len(external_id) <= MAX_EXTERNAL_ID and external_id.isprintable()):
        raise ValueError(
            f"the external_id is not one: give each payment its own, 1 to {MAX_EXTERNAL_ID} printable characters"
        )
    check_chat(chat_id)
    if not 0 <= amount <= MAX_AMOUNT:
        raise ValueError(f"the amount {amount} is not one: give a whole number of the smallest unit, from 0 on")
    if not _CURRENCY.fullmatch(currency):
        raise ValueError(f"the currency {currency[:8]!r} is not one: give its three letters, such as BRL, or XTR")
    if status not in STATUSES:
        raise ValueError(f"the status {status[:16]!r} is not one: give paid or refunded")
    at_ms = 0 if paid_at is None else _moment(paid_at)
    return Told(external_id, chat_id, amount, currency.upper(), status, at_ms)


def check_chat(chat_id: int) -> None:
    """Raises ValueError: groups and channels are nobody's silence."""
    if not 0 < chat_id <= MAX_CHAT:
        raise ValueError(f"the chat_id {chat_id} is no person's: give the user's own id, a positive number")


def _moment(paid_at: int | str) -> int:
    try:
        return read_moment(paid_at)
    except ValueError as error:
        raise ValueError(f"the paid_at {error}") from error
