-- Locks the open episodes that a newer silence of the same chat closes, in key order.
-- A statement of its own: the next one then sees what the previous holders of these locks have committed.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- 1000 SECOND_MS
-- Returns locked
SELECT 1 AS locked FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
JOIN recovery_episodes e ON e.bot_id = w.bot_id AND e.chat_id = w.chat_id
WHERE e.ended_at IS NULL AND e.episode_id / 1000 < w.episode_id / 1000
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
