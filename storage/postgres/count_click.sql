-- Counts a tap on a tracked link once for its delivery and button, if the delivery may have been received.
-- $1 bot_id  bigint
-- $2 chat_id  bigint
-- $3 episode_id  bigint
-- $4 step_key  text
-- $5 block_key  text
-- $6 button  text
-- $7 now_ms  bigint
-- Returns nothing
INSERT INTO recovery_clicks (bot_id, chat_id, episode_id, step_key, block_key, button, clicked_at)
SELECT d.bot_id, d.chat_id, d.episode_id, d.step_key, d.block_key, $6, $7 FROM recovery_deliveries d
WHERE d.bot_id = $1 AND d.chat_id = $2 AND d.episode_id = $3 AND d.step_key = $4 AND d.block_key = $5
  AND d.status IN ('sending', 'sent', 'unknown')
ON CONFLICT DO NOTHING
