-- Locks the episodes whose silence these signs of life break, in key order.
-- A statement of its own: the next one then sees every episode that a concurrent beginning has committed.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 last_active_ms  bigint[]
-- 1000 SECOND_MS
-- Returns locked
SELECT 1 AS locked FROM (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, last_active_ms)
    ORDER BY bot_id, chat_id
) w, LATERAL (
    SELECT FROM recovery_episodes e WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id
      AND e.returned_at IS NULL AND e.episode_id < w.last_active_ms / 1000 * 1000 ORDER BY e.episode_id FOR UPDATE
) e
