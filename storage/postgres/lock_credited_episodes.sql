-- Locks the episodes that a payment may end or be credited to, in key order.
-- A statement of its own: the next one then sees what the previous holders of these locks have committed.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 paid_at_ms  bigint[]
-- 172800000 LATE_MS
-- Returns locked
SELECT 1 AS locked FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, paid_at_ms)
JOIN recovery_episodes e USING (bot_id, chat_id)
WHERE e.ended_at IS NULL OR e.ended_at > w.paid_at_ms - 172800000
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
