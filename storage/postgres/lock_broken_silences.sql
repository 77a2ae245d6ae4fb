-- Locks the episodes whose silence these signs of life break, in key order.
-- A statement of its own: the next one then sees every episode that a concurrent beginning has committed.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 last_active_ms  bigint[]
-- 1000 SECOND_MS
-- Returns locked
SELECT 1 AS locked FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, last_active_ms)
JOIN recovery_episodes e USING (bot_id, chat_id)
WHERE e.returned_at IS NULL AND e.episode_id / 1000 < w.last_active_ms / 1000
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
