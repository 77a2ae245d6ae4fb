-- Begins an episode for each silence that still holds, and schedules its first delivery.
-- A chat counts as active at the moment up to which its bot is doubted, unless its sequence is over.
-- A silence that has begun before returns the episode that is there, with its latest delivery.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 version  bigint[]
-- $5 campaign_version  int[]
-- $6 step_key  text[]
-- $7 block_key  text[]
-- $8 due_at  bigint[]
-- $9 begins  bool[]
-- $10 anchor_at  bigint[]
-- $11 replan  bigint[]
-- $12 again_after  bigint[]
-- $13 per_month  int[]
-- $14 now_ms  bigint
-- 1000 SECOND_MS
-- 2592000000 MONTH_MS
-- Returns bot_id, chat_id, fresh, episode_id, last_active, welcome, ordinal, step_key, block_key, campaign_version
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[],
        $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[], $12::bigint[], $13::int[])
        AS w(bot_id, chat_id, episode_id, version, campaign_version, step_key, block_key, due_at, begins, anchor_at,
             replan, again_after, per_month)
), known AS (
    SELECT w.*, CASE WHEN e.over THEN c.last_active ELSE greatest(c.last_active, b.doubted_until) END AS last_active,
        c.unreachable_since IS NULL AND c.opted_out_at IS NULL AS reachable,
        k.state IN ('live', 'shadow', 'paused') AS serves, e.episode_id AS there,
        (SELECT count(*) FILTER (WHERE o.began_at > $14 - w.again_after) = 0
            AND (w.per_month = 0 OR count(*) < w.per_month)
         FROM recovery_episodes o WHERE (w.again_after > 0 OR w.per_month > 0)
           AND o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.began_at > $14 - 2592000000
           AND EXISTS (SELECT FROM recovery_deliveries d WHERE d.bot_id = o.bot_id AND d.chat_id = o.chat_id
             AND d.episode_id = o.episode_id AND d.status IN ('sending', 'sent', 'unknown'))) AS welcome
    FROM wanted w JOIN chats c USING (bot_id, chat_id)
    LEFT JOIN bots b ON b.id = w.bot_id
    LEFT JOIN recovery_campaigns k ON k.bot_id = w.bot_id
    LEFT JOIN LATERAL (
        SELECT e.episode_id, e.ended_at IS NOT NULL AND e.reason <> 'doubted' AS over FROM recovery_episodes e
        WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id / 1000 >= w.episode_id / 1000
        ORDER BY e.episode_id LIMIT 1
    ) e ON true
), begun AS (
    INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
    SELECT bot_id, chat_id, episode_id, campaign_version, $14 FROM known
    WHERE begins AND there IS NULL AND reachable AND serves AND welcome
      AND last_active / 1000 <= episode_id / 1000
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
