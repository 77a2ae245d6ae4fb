"""Begin: an episode for a silence that is due."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import asyncpg

from engine.core.campaign.frequency_caps import MONTH_MS, Limits
from engine.core.delivery.cursor import Cursor
from engine.core.identity import SECOND_MS
from storage.postgres.columns import _columns
from storage.postgres.message_rules import due_now
from storage.postgres.pool import Pool, transaction


class Beginning(NamedTuple):
    """A silence that is due, with the first delivery that it would bring; `begins` False only asks what is there."""

    bot_id: int
    chat_id: int
    episode_id: int
    version: int
    campaign_version: int
    step: str
    block: str
    due_ms: int
    begins: bool = True
    anchor_ms: int | None = None
    replan: int = 0
    """The newest replan that its planner knew of."""
    limits: Limits = Limits()


class Begun(NamedTuple):
    """`episode_id` is the one there: the same silence may have been begun before, a moment apart; `cursor` is then
    where it stands, as Redis may have forgotten.

    `last_active_ms` newer than the silence: nothing began, the timer is re-armed from it. Nothing begins either for
    somebody who cannot be written to, or once the campaign was stopped: the timer may be gone, and nobody would come to
    end the episode. Nor for whom a sequence has begun too lately, or too often; one of which nothing was sent, such as
    a shadow's, does not count.
    """

    fresh: bool
    episode_id: int
    last_active_ms: int
    cursor: Cursor | None = None
    welcome: bool = True
    """The limits let a sequence begin."""


_TOUCH_CHATS: Final = """
INSERT INTO chats (bot_id, chat_id, last_active)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) ORDER BY 1, 2
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
    last_active = greatest(chats.last_active, excluded.last_active),
    unreachable_since = CASE WHEN excluded.last_active > chats.unreachable_since THEN NULL
        ELSE chats.unreachable_since END
"""

_LOCK_OLDER: Final = f"""
SELECT 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
JOIN recovery_episodes e ON e.bot_id = w.bot_id AND e.chat_id = w.chat_id
WHERE e.ended_at IS NULL AND e.episode_id / {SECOND_MS} < w.episode_id / {SECOND_MS}
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
"""

_CLOSE_OLDER: Final = f"""
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
), held AS MATERIALIZED (
    SELECT e.bot_id, e.chat_id, e.episode_id, w.episode_id AS returned_at
    FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id)
    WHERE e.ended_at IS NULL AND e.episode_id / {SECOND_MS} < w.episode_id / {SECOND_MS}
    ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
), closed AS (
    UPDATE recovery_episodes e SET ended_at = $4, reason = 'returned', returned_at = h.returned_at
    FROM held h
    WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, e.returned_at
), after AS (
    UPDATE recovery_deliveries d SET
        crossed = d.crossed OR d.sent_at > c.returned_at,{due_now("d.on_return", "'returned'", "$4")}
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
      AND d.status = 'sent' AND (d.sent_at > c.returned_at OR d.on_return IS NOT NULL)
)
UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'returned'
FROM closed c
WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND d.status = 'scheduled'
"""

BEGIN: Final = f"""
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[],
        $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[], $12::bigint[], $13::int[])
        AS w(bot_id, chat_id, episode_id, version, campaign_version, step_key, block_key, due_at, begins, anchor_at,
             replan, again_after, per_month)
), known AS (
    SELECT w.*, c.last_active, c.unreachable_since IS NULL AND c.opted_out_at IS NULL AS reachable,
        k.state IN ('live', 'shadow', 'paused') AS serves, e.episode_id AS there,
        (SELECT count(*) FILTER (WHERE o.began_at > $14 - w.again_after) = 0
            AND (w.per_month = 0 OR count(*) < w.per_month)
         FROM recovery_episodes o WHERE (w.again_after > 0 OR w.per_month > 0)
           AND o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.began_at > $14 - {MONTH_MS}
           AND EXISTS (SELECT FROM recovery_deliveries d WHERE d.bot_id = o.bot_id AND d.chat_id = o.chat_id
             AND d.episode_id = o.episode_id AND d.status IN ('sending', 'sent', 'unknown'))) AS welcome
    FROM wanted w JOIN chats c USING (bot_id, chat_id)
    LEFT JOIN recovery_campaigns k ON k.bot_id = w.bot_id
    LEFT JOIN LATERAL (
        SELECT e.episode_id FROM recovery_episodes e
        WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id / {SECOND_MS} >= w.episode_id / {SECOND_MS}
        ORDER BY e.episode_id LIMIT 1
    ) e ON true
), begun AS (
    INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
    SELECT bot_id, chat_id, episode_id, campaign_version, $14 FROM known
    WHERE begins AND there IS NULL AND reachable AND serves AND welcome
      AND last_active / {SECOND_MS} <= episode_id / {SECOND_MS}
    ORDER BY bot_id, chat_id
    ON CONFLICT DO NOTHING
    RETURNING bot_id, chat_id
), planned AS (
    INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
        campaign_version, due_at, anchor_at, replan)
    SELECT k.bot_id, k.chat_id, k.episode_id, k.step_key, k.block_key, 0, 'scheduled', k.version,
        0, k.due_at, k.anchor_at, k.replan
    FROM known k JOIN begun USING (bot_id, chat_id)
)
SELECT k.bot_id, k.chat_id, begun.chat_id IS NOT NULL AS fresh, coalesce(k.there, k.episode_id) AS episode_id,
    k.last_active, k.welcome, d.ordinal, d.step_key, d.block_key, d.campaign_version
FROM known k LEFT JOIN begun USING (bot_id, chat_id)
LEFT JOIN LATERAL (
    SELECT * FROM recovery_deliveries d
    WHERE d.bot_id = k.bot_id AND d.chat_id = k.chat_id AND d.episode_id = k.there ORDER BY d.ordinal DESC LIMIT 1
) d ON true
"""


async def begin_episodes(pool: Pool, wanted: Sequence[Beginning], now_ms: int) -> list[Begun]:
    """Begin episodes whose silence still holds; close older ones of the same chats."""
    columns = _columns([(*w[:11], w.limits.again_after_ms, w.limits.per_month) for w in wanted])
    async with transaction(pool) as connection:
        await connection.execute(_TOUCH_CHATS, *columns[:3])
        await connection.execute(_LOCK_OLDER, *columns[:3])
        await connection.execute(_CLOSE_OLDER, *columns[:3], now_ms)
        rows = await connection.fetch(BEGIN, *columns, now_ms)
    by_chat = {(row["bot_id"], row["chat_id"]): row for row in rows}
    return [_begun(by_chat[item.bot_id, item.chat_id]) for item in wanted]


def _begun(row: asyncpg.Record) -> Begun:
    cursor = None
    if row["step_key"] is not None:
        cursor = Cursor(row["episode_id"], row["ordinal"], row["step_key"], row["block_key"], row["campaign_version"])
    return Begun(row["fresh"], row["episode_id"], row["last_active"], cursor, row["welcome"])
