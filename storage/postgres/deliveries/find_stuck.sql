-- Lists deliveries that were claimed before a moment and are still being sent, the oldest first, a page at a time.
-- $1 claimed_before_ms  bigint
-- $2 after_claimed  bigint
-- $3 after_bot  bigint
-- $4 after_chat  bigint
-- $5 after_episode  bigint
-- 512 PAGE
-- Returns bot_id, chat_id, episode_id, step, block, version, claimed_at
SELECT bot_id, chat_id, episode_id, step_key AS step, block_key AS block, version, claimed_at FROM recovery_deliveries
WHERE status = 'sending' AND claimed_at < $1 AND (claimed_at, bot_id, chat_id, episode_id) > ($2, $3, $4, $5)
ORDER BY claimed_at, bot_id, chat_id, episode_id LIMIT 512
