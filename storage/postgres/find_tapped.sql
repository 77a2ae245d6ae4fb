-- Finds the delivery whose link was tapped, if it may have been received: when its episode ended, and whether a tap on
-- it has been counted before.
-- $1 bot_id  bigint
-- $2 chat_id  bigint
-- $3 episode_id  bigint
-- $4 step_key  text
-- $5 block_key  text
-- Returns ended_at_ms, tapped
SELECT e.ended_at AS ended_at_ms, EXISTS (
    SELECT FROM recovery_clicks k
    WHERE k.bot_id = $1 AND k.chat_id = $2 AND k.episode_id = $3 AND k.step_key = $4 AND k.block_key = $5) AS tapped
FROM recovery_deliveries d JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
WHERE d.bot_id = $1 AND d.chat_id = $2 AND d.episode_id = $3 AND d.step_key = $4 AND d.block_key = $5
  AND d.status IN ('sending', 'sent', 'unknown')
