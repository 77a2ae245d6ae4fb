-- Lists deliveries that were claimed before a moment and are still being sent, the oldest first.
-- $1 claimed_before_ms  bigint
-- 512 PAGE
-- Returns bot_id, chat_id, episode_id, step, block, version
SELECT bot_id, chat_id, episode_id, step_key AS step, block_key AS block, version FROM recovery_deliveries
WHERE status = 'sending' AND claimed_at < $1 ORDER BY claimed_at LIMIT 512
