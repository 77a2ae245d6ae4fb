"""Claim: the right to send one block."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import asyncpg

from engine.core.campaign.frequency_caps import DAY_MS, WEEK_MS, Limits
from engine.core.content.templates import Person
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Facts
from engine.core.delivery.state_machine import Found
from engine.core.identity import SECOND_MS
from storage.postgres.columns import _columns
from storage.postgres.deliveries.locks import LOCK_EPISODES
from storage.postgres.pool import Pool, transaction


class Claiming(NamedTuple):
    """The wish to send the block at the cursor. `marked`: an earlier claim had passed."""

    bot_id: int
    chat_id: int
    cursor: Cursor
    version: int
    campaign_version: int
    marked: bool
    wish: bool
    skip_paid: bool
    limits: Limits = Limits()
    """Those that count for this block: a begun step has none."""
    owner: bool = False
    """Owns every bot, and so is an admin of this one."""


CLAIM: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::int[],
        $8::bool[], $9::bool[], $10::bool[], $11::int[], $12::int[], $13::bool[])
        AS w(bot_id, chat_id, episode_id, step_key, block_key, version, campaign_version, marked, wish, skip_paid,
             per_day, per_week, owner)
), known AS MATERIALIZED (
    SELECT w.*, e.episode_id IS NOT NULL AS exists, e.reason AS ended,
        b.status AS bot_status, coalesce(s.engaged, false) AS emergency_stop,
        CASE WHEN w.episode_id < k.activated_at THEN 'stopped' ELSE k.state END AS campaign_state,
        c.first_name, c.username, c.language, c.last_active,
        coalesce(c.last_active / {SECOND_MS} > w.episode_id / {SECOND_MS}, false) AS returned,
        c.unreachable_since IS NULL AS reachable, c.opted_out_at IS NOT NULL AS opted_out,
        EXISTS (SELECT FROM payments p
            WHERE p.bot_id = w.bot_id AND p.chat_id = w.chat_id AND p.status = 'paid') AS paid,
        w.owner OR EXISTS (SELECT FROM bot_admins a WHERE a.bot_id = w.bot_id AND a.admin_id = w.chat_id) AS admin,
        CASE WHEN w.per_day + w.per_week > 0 THEN (
            SELECT max(full_until) FROM (
                SELECT array_agg(s.at ORDER BY s.at DESC) AS newest
                FROM (SELECT max(o.sent_at) AS at FROM recovery_deliveries o
                    WHERE o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.status = 'sent'
                      AND o.sent_at > $14::bigint - {WEEK_MS} GROUP BY o.episode_id, o.step_key) s
            ) sent, LATERAL (VALUES (newest[w.per_day] + {DAY_MS}), (newest[w.per_week] + {WEEK_MS})) u(full_until)
            WHERE full_until > $14
        ) END AS room_at,
        d.step_key AS at_step, d.block_key AS at_block, d.ordinal, d.status, d.due_at, d.attempts, d.deferrals,
        d.campaign_version AS pinned, r.runs
    FROM wanted w
    LEFT JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
    LEFT JOIN bots b ON b.id = w.bot_id
    LEFT JOIN recovery_campaigns k ON k.bot_id = w.bot_id
    LEFT JOIN switches s ON s.name = 'emergency_stop'
    LEFT JOIN chats c ON c.bot_id = w.bot_id AND c.chat_id = w.chat_id
    LEFT JOIN LATERAL (
        SELECT * FROM recovery_deliveries d
        WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id
        ORDER BY d.ordinal DESC LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT d.step_key) AS runs FROM recovery_deliveries d
        WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id
    ) r ON true
), judged AS MATERIALIZED (
    SELECT known.*, fit AND campaign_state IN ('live', 'finishing') AS good,
        fit AND campaign_state = 'shadow' AS withheld
    FROM known, LATERAL (SELECT exists AND ended IS NULL AND wish AND bot_status = 'active'
        AND NOT emergency_stop AND NOT returned AND reachable AND NOT opted_out AND NOT (paid AND skip_paid)
        AND NOT admin AND room_at IS NULL AND due_at <= $14 AND NOT (marked AND status = 'sending') AS fit) AS facts
), taken AS (
    UPDATE recovery_deliveries d SET
        version = j.version,
        status = CASE
            WHEN d.status = 'sending' AND j.marked THEN 'unknown'
            WHEN j.good THEN 'sending'
            ELSE 'scheduled' END,
        claimed_at = CASE WHEN j.good THEN $14 ELSE d.claimed_at END,
        attempts = d.attempts + CASE WHEN j.good THEN 1 ELSE 0 END,
        campaign_version = CASE WHEN j.good OR j.withheld THEN j.campaign_version ELSE d.campaign_version END
    FROM judged j
    WHERE d.bot_id = j.bot_id AND d.chat_id = j.chat_id AND d.episode_id = j.episode_id
      AND d.step_key = j.step_key AND d.block_key = j.block_key
      AND (j.ended IS NULL OR (d.status = 'sending' AND j.marked))
      AND ((d.status = 'scheduled' AND d.version <= j.version) OR (d.status = 'sending' AND d.version < j.version))
    RETURNING d.bot_id, d.chat_id, d.status, d.attempts, d.campaign_version
)
SELECT j.*, t.status IS NOT NULL AS taken, coalesce(t.status, j.status) AS status_now,
    coalesce(t.attempts, j.attempts) AS attempts_now, coalesce(t.campaign_version, j.pinned) AS pinned_now
FROM judged j LEFT JOIN taken t USING (bot_id, chat_id)
"""


async def claim_deliveries(pool: Pool, wanted: Sequence[Claiming], now_ms: int) -> list[Found]:
    """Take the deliveries whose facts are good; say of each what was found."""
    flat = [
        (
            w.bot_id,
            w.chat_id,
            w.cursor.episode_id,
            w.cursor.step,
            w.cursor.block,
            *w[3:8],
            w.limits.per_day,
            w.limits.per_week,
            w.owner,
        )
        for w in wanted
    ]
    columns = _columns(flat)
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[:3])
        rows = await connection.fetch(CLAIM, *columns, now_ms)
    by_chat = {(row["bot_id"], row["chat_id"]): row for row in rows}
    return [_found(by_chat[item.bot_id, item.chat_id]) for item in wanted]


def _found(row: asyncpg.Record) -> Found:
    return Found(
        episode_id=row["episode_id"],
        ended=row["ended"],
        exists=row["exists"],
        taken=row["taken"],
        status=row["status_now"] or "",
        cursor=Cursor(
            row["episode_id"], row["ordinal"] or 0, row["at_step"] or "", row["at_block"] or "", row["pinned_now"] or 0
        ),
        due_ms=row["due_at"] or 0,
        attempts=row["attempts_now"] or 0,
        runs=frozenset(row["runs"] or ()),
        last_active_ms=row["last_active"] or 0,
        person=Person(row["first_name"], row["username"], row["language"]),
        deferrals=row["deferrals"] or 0,
        facts=Facts(
            bot_status=row["bot_status"] or "removed",
            campaign_state=row["campaign_state"] or "draft",
            emergency_stop=row["emergency_stop"],
            returned=row["returned"],
            reachable=row["reachable"],
            opted_out=row["opted_out"],
            paid=row["paid"],
            admin=row["admin"],
            room_ms=row["room_at"],
        ),
    )
