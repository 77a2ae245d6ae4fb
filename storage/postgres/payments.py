"""Payments, and what they do to the last episode of their chat. One is known by (bot, external id): safe to repeat.

A refund is final: the same payment reported as paid afterwards stays refunded. The same id with another chat, amount or
currency is a conflict, and changes nothing. A payment later than the silence is the episode's merit, also when the
episode ended within the 48 h before it; one that is older only ends what is open, as the gate would.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from engine.core.identity import SECOND_MS
from storage.postgres.chats import Ended
from storage.postgres.message_rules import LATE_MS, due_now
from storage.postgres.pool import Connection

PAID: Final = "paid"
REFUNDED: Final = "refunded"


class Payment(NamedTuple):
    """One payment as its source knows it; `amount` in the smallest unit of its currency."""

    bot_id: int
    external_id: str
    chat_id: int
    amount: int
    currency: str
    status: str
    paid_at_ms: int


class Recorded(NamedTuple):
    """How a payment stands now: `status` None is a conflict, `before` None a new one.

    `skips`: the campaign leaves customers alone, so that a payment ends what is open.
    """

    status: str | None
    before: str | None
    known_chat: bool
    skips: bool


class Earning(NamedTuple):
    """A payment that stands. `unsent`: what the chat has in `sending` surely never left, and now never will."""

    bot_id: int
    chat_id: int
    paid_at_ms: int
    skips: bool
    unsent: bool


_WANTED: Final = """
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
        AS w(bot_id, external_id, chat_id, amount, currency, status, paid_at)
"""

_RECORD: Final = f"""
WITH wanted AS MATERIALIZED ({_WANTED}), kept AS (
    INSERT INTO payments (bot_id, external_id, chat_id, amount, currency, status, paid_at)
    SELECT * FROM wanted ORDER BY bot_id, external_id
    ON CONFLICT (bot_id, external_id) DO UPDATE SET
        status = CASE WHEN payments.status = 'refunded' THEN 'refunded' ELSE excluded.status END
    WHERE (payments.chat_id, payments.amount, payments.currency)
        = (excluded.chat_id, excluded.amount, excluded.currency)
    RETURNING bot_id, external_id, status
)
SELECT w.bot_id, w.external_id, k.status, p.status AS before,
    EXISTS (SELECT FROM chats c WHERE c.bot_id = w.bot_id AND c.chat_id = w.chat_id) AS known_chat,
    coalesce((v.document ->> 'skip_paid')::boolean, true) AS skips
FROM wanted w
LEFT JOIN kept k USING (bot_id, external_id)
LEFT JOIN payments p USING (bot_id, external_id)
LEFT JOIN recovery_campaigns g ON g.bot_id = w.bot_id
LEFT JOIN recovery_versions v ON v.bot_id = g.bot_id AND v.version = g.published_version
"""

_CONFLICTS: Final = f"""
SELECT w.bot_id, w.external_id FROM ({_WANTED}) w JOIN payments p USING (bot_id, external_id)
WHERE (p.chat_id, p.amount, p.currency) <> (w.chat_id, w.amount, w.currency)
"""

_HOLD: Final = f"""
SELECT 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, paid_at)
JOIN recovery_episodes e USING (bot_id, chat_id)
WHERE e.ended_at IS NULL OR e.ended_at > w.paid_at - {LATE_MS}
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
"""

_EARN: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[])
        AS w(bot_id, chat_id, paid_at, skips, unsent)
), held AS MATERIALIZED (
    SELECT w.*, e.episode_id, e.ended_at IS NULL AND w.skips AS ends, f.earned
    FROM wanted w
    JOIN LATERAL (
        SELECT * FROM recovery_episodes e WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id
        ORDER BY e.episode_id DESC LIMIT 1
    ) e ON true, LATERAL (
        SELECT e.paid_at IS NULL AND w.paid_at / {SECOND_MS} > e.episode_id / {SECOND_MS}
            AND coalesce(e.ended_at > w.paid_at - {LATE_MS}, true) AS earned
    ) f
    WHERE f.earned OR (e.ended_at IS NULL AND w.skips)
), closed AS (
    UPDATE recovery_episodes e SET
        ended_at = CASE WHEN h.ends THEN $6 ELSE e.ended_at END,
        reason = CASE WHEN h.ends THEN 'paid' ELSE e.reason END,
        paid_at = CASE WHEN h.earned THEN h.paid_at ELSE e.paid_at END
    FROM held h
    WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, h.ends, h.unsent
), cancelled AS (
    UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'paid'
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND c.ends
      AND (d.status = 'scheduled' OR (d.status = 'sending' AND c.unsent))
), after AS (
    UPDATE recovery_deliveries d SET
        crossed = d.crossed OR (c.ends AND d.sent_at > $6),{due_now("d.on_payment", "'paid'", "$6")}
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND d.status = 'sent'
      AND ((c.ends AND d.sent_at > $6) OR (d.on_payment IS NOT NULL AND d.sent_at > $6 - {LATE_MS}))
)
SELECT bot_id, chat_id, episode_id FROM closed WHERE ends
"""


async def record(connection: Connection, payments: Sequence[Payment]) -> list[Recorded]:
    """Take payments down, each external id at most once a call; how each stands now."""
    rows = await connection.fetch(_RECORD, *_columns(payments))
    found = {(row["bot_id"], row["external_id"]): Recorded(*tuple(row)[2:]) for row in rows}
    return [found[payment.bot_id, payment.external_id] for payment in payments]


async def conflicts(connection: Connection, payments: Sequence[Payment]) -> set[str]:
    """The external ids that are known with another chat, amount or currency."""
    return {row["external_id"] for row in await connection.fetch(_CONFLICTS, *_columns(payments))}


async def earn(connection: Connection, earnings: Sequence[Earning], now_ms: int) -> list[Ended]:
    """Credit the last episode of each chat, at most once a chat and call; end it where customers are left alone."""
    columns = _columns(sorted(earnings))
    async with connection.transaction():
        await connection.execute(_HOLD, *columns[:3])
        rows = await connection.fetch(_EARN, *columns, now_ms)
    return [Ended(*row) for row in rows]


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
