"""Payments, and what they do to the last episode of their chat. The key is (bot, external id): safe to repeat.

A refund is final: the same payment reported as paid afterwards stays refunded. The same id with another chat, amount or
currency is a conflict and changes nothing. A payment later than the silence is credited to the episode, even if the
episode ended up to `message_rules.LATE_MS` before it; an older one only ends what is open, as the gate would.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from storage.postgres.chats import Ended
from storage.postgres.columns import to_columns
from storage.postgres.pool import Connection
from storage.postgres.statements import read_statement

PAID: Final = "paid"
REFUNDED: Final = "refunded"

_RECORD: Final = read_statement("record_payments")
_FIND_CONFLICTS: Final = read_statement("find_conflicts")
_LOCK_EPISODES: Final = read_statement("lock_credited_episodes")
_CREDIT: Final = read_statement("credit_payments")


class Payment(NamedTuple):
    """A payment as its source reports it; `amount` is in the smallest unit of its currency."""

    bot_id: int
    external_id: str
    chat_id: int
    amount: int
    currency: str
    status: str
    paid_at_ms: int


class Recorded(NamedTuple):
    """How a payment stands now: `status` None is a conflict, `before` None a new payment.

    `skips`: the campaign leaves customers alone, so a payment ends what is open.
    """

    status: str | None
    before: str | None
    known_chat: bool
    skips: bool


class Earning(NamedTuple):
    """A payment that stands. `unsent`: a delivery of the chat in `sending` surely never left, and now never will."""

    bot_id: int
    chat_id: int
    paid_at_ms: int
    skips: bool
    unsent: bool


async def record(connection: Connection, payments: Sequence[Payment]) -> list[Recorded]:
    """Record payments, each external id at most once in a call; returns how each stands now."""
    rows = await connection.fetch(_RECORD, *to_columns(payments))
    found = {(bot_id, external_id): Recorded(*stands) for bot_id, external_id, *stands in rows}
    return [found[payment.bot_id, payment.external_id] for payment in payments]


async def conflicts(connection: Connection, payments: Sequence[Payment]) -> set[str]:
    """The external ids that are known with another chat, amount or currency."""
    return {row["external_id"] for row in await connection.fetch(_FIND_CONFLICTS, *to_columns(payments))}


async def earn(connection: Connection, earnings: Sequence[Earning], now_ms: int) -> list[Ended]:
    """Credit the last episode of each chat, each chat at most once in a call; end it where customers are left alone."""
    columns = to_columns(sorted(earnings))
    async with connection.transaction():
        await connection.execute(_LOCK_EPISODES, *columns[:3])
        rows = await connection.fetch(_CREDIT, *columns, now_ms)
    return [Ended(*row) for row in rows]
