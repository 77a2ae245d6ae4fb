-- Locks episodes in key order.
-- A statement of its own: the next one then sees what the previous holders of these locks have committed.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- Returns locked
SELECT 1 AS locked FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
