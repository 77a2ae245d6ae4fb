-- Counts a tap on a tracked link, once for its delivery and button.
-- $1 bot_id  bigint
-- $2 chat_id  bigint
-- $3 episode_id  bigint
-- $4 step_key  text
-- $5 block_key  text
-- $6 button  text
-- $7 now_ms  bigint
-- Returns nothing
INSERT INTO recovery_clicks (bot_id, chat_id, episode_id, step_key, block_key, button, clicked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
