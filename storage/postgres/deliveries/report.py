"""Report: what came of a send, and the next block's row or the end of the episode, in one statement."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from engine.core.delivery.cursor import Cursor
from storage.postgres.columns import _array, _columns
from storage.postgres.deliveries.locks import LOCK_EPISODES
from storage.postgres.message_rules import due_now
from storage.postgres.pool import Pool, transaction


class Aftermath(NamedTuple):
    """What becomes of a message once it is sent: how long it stays, and what is done when the person returns or pays.

    The rules are named as in `engine.core.content.model`: unbutton, replace, delete; None keeps it.
    """

    delete_after_ms: int | None = None
    on_return: str | None = None
    on_payment: str | None = None


class Report(NamedTuple):
    """What came of a delivery, and what follows: the next delivery, or the end of the episode.

    `status` None leaves the delivery as it is; `fact` says that it happened, whoever holds the row.
    `spent` False gives an attempt back. A row that goes back to scheduled is pinned as the cursor says.
    """

    bot_id: int
    chat_id: int
    cursor: Cursor
    version: int
    status: str | None = None
    fact: bool = False
    reason: str | None = None
    message_ids: tuple[int, ...] = ()
    aftermath: Aftermath = Aftermath()
    due_ms: int | None = None
    spent: bool = True
    next: Cursor | None = None
    next_due_ms: int | None = None
    end: str | None = None
    deferred: bool = False
    next_anchor_ms: int | None = None
    replan: int = 0


class Reported(NamedTuple):
    """What stands in the row now (None: it was not ours to change), and how the episode stands."""

    status: str | None
    reason: str | None
    ended: str | None
    crossed: bool


_CROSSED: Final = "('returned', 'paid', 'opted_out', 'unreachable')"
"""Endings that a person's own act has brought: what is sent all the same has crossed it on the wire."""

_LATE: Final = due_now(
    "CASE WHEN k.status = 'sent' AND k.over THEN coalesce(CASE WHEN k.paid THEN k.on_payment END,"
    " CASE WHEN k.returned_at IS NOT NULL THEN k.on_return END) END",
    "CASE WHEN k.paid AND k.on_payment IS NOT NULL THEN 'paid' ELSE 'returned' END",
    "$25",
    delete_at="$25 + k.delete_after",
)
"""Of what is recorded as sent when its person has already returned or paid."""

_REPORT: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[],
        $8::bool[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::bool[],
        $16::text[], $17::text[], $18::int[], $19::bigint[], $20::int[], $21::text[], $22::bool[], $23::bigint[],
        $24::bigint[])
        AS w(bot_id, chat_id, episode_id, step_key, block_key, version, status, fact, reason, message_ids, delete_after,
             on_return, on_payment, due_at, spent, next_step, next_block, next_ordinal, next_due, pinned, ending,
             deferred, next_anchor, replan)
), known AS MATERIALIZED (
    SELECT w.*, e.ended_at IS NOT NULL AS over, e.reason AS ended, e.returned_at,
        e.paid_at IS NOT NULL OR e.reason IS NOT DISTINCT FROM 'paid' AS paid
    FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
), done AS (
    UPDATE recovery_deliveries d SET
        status = CASE WHEN k.status = 'scheduled' AND k.over THEN 'cancelled' ELSE k.status END,
        reason = CASE WHEN k.status = 'scheduled' AND k.over THEN k.ended ELSE k.reason END,
        due_at = coalesce(k.due_at, d.due_at),
        campaign_version = CASE WHEN k.status = 'scheduled' THEN k.pinned ELSE d.campaign_version END,
        attempts = d.attempts - CASE WHEN k.spent THEN 0 ELSE 1 END,
        deferrals = d.deferrals + CASE WHEN k.deferred THEN 1 ELSE 0 END,
        sent_at = CASE WHEN k.status = 'sent' THEN $25 ELSE d.sent_at END,
        message_ids = coalesce(k.message_ids::bigint[], d.message_ids),
        on_return = k.on_return,
        on_payment = k.on_payment,
        crossed = d.crossed OR (k.status = 'sent' AND coalesce(k.ended IN {_CROSSED}, false)),{_LATE}
    FROM known k
    WHERE d.bot_id = k.bot_id AND d.chat_id = k.chat_id AND d.episode_id = k.episode_id
      AND d.step_key = k.step_key AND d.block_key = k.block_key
      AND k.status IS NOT NULL
      AND ((k.fact AND (d.status = 'sending' OR (d.status = 'unknown' AND k.status <> 'unknown')))
        OR (NOT k.fact AND d.version = k.version AND d.status IN ('scheduled', 'sending')))
    RETURNING d.bot_id, d.chat_id, d.episode_id, d.status, d.reason, d.crossed
), moving AS MATERIALIZED (
    SELECT k.*, done.status AS now_is, done.reason AS now_why, coalesce(done.crossed, false) AS crossed,
        NOT k.over AND (k.status IS NULL OR done.status IS NOT NULL) AS moves
    FROM known k LEFT JOIN done USING (bot_id, chat_id, episode_id)
), planned AS (
    INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
        campaign_version, due_at, anchor_at, replan)
    SELECT bot_id, chat_id, episode_id, next_step, next_block, next_ordinal, 'scheduled', version, pinned,
        next_due, next_anchor, replan
    FROM moving WHERE moves AND next_step IS NOT NULL
    ORDER BY bot_id, chat_id
    ON CONFLICT DO NOTHING
), ended AS (
    UPDATE recovery_episodes e SET ended_at = $25, reason = m.ending
    FROM moving m
    WHERE m.moves AND m.ending IS NOT NULL AND NOT EXISTS (
        SELECT FROM recovery_deliveries d
        WHERE d.bot_id = m.bot_id AND d.chat_id = m.chat_id AND d.episode_id = m.episode_id
          AND d.status IN ('scheduled', 'sending') AND (d.step_key, d.block_key) <> (m.step_key, m.block_key))
      AND e.bot_id = m.bot_id AND e.chat_id = m.chat_id AND e.episode_id = m.episode_id AND e.ended_at IS NULL
    RETURNING e.bot_id, e.chat_id, e.reason
)
SELECT m.bot_id, m.chat_id, m.now_is, m.now_why, coalesce(ended.reason, m.ended) AS ended, m.crossed
FROM moving m LEFT JOIN ended USING (bot_id, chat_id)
"""


async def report_outcomes(pool: Pool, reports: Sequence[Report], now_ms: int) -> list[Reported]:
    """Record what came of deliveries, and plan what follows, while their episodes are open."""
    columns = _columns([_flat(item) for item in reports])
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[:3])
        rows = await connection.fetch(_REPORT, *columns, now_ms)
    by_chat = {(row["bot_id"], row["chat_id"]): row for row in rows}
    found = (by_chat[item.bot_id, item.chat_id] for item in reports)
    return [Reported(row["now_is"], row["now_why"], row["ended"], row["crossed"]) for row in found]


def _flat(item: Report) -> tuple[Any, ...]:
    cursor, following = item.cursor, item.next
    return (
        item.bot_id, item.chat_id, cursor.episode_id, cursor.step, cursor.block, item.version, item.status, item.fact,
        item.reason, _array(item.message_ids), *item.aftermath, item.due_ms, item.spent,
        following and following.step, following and following.block, following and following.ordinal,
        item.next_due_ms, following.pinned if following else cursor.pinned, item.end, item.deferred,
        item.next_anchor_ms, item.replan,
    )  # fmt: skip
