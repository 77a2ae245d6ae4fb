-- Lists the chats of a bot whose timers a rebuild restores, a page at a time: those with an open episode, and those
-- that were active since a moment and whose silence has begun none, or only one that was doubted. That condition
-- stands in count_silent.sql too.
-- $1 bot_id  bigint
-- $2 after_chat  bigint
-- $3 active_since_ms  bigint
-- 1000 SECOND_MS
-- 512 PAGE
-- Returns chat_id, last_active, episode_id, ordinal, step_key, block_key, campaign_version, status, due_at, version
SELECT c.chat_id, c.last_active, e.episode_id, d.ordinal, d.step_key, d.block_key, d.campaign_version, d.status,
    d.due_at, d.version
FROM chats c
LEFT JOIN recovery_episodes e ON e.bot_id = c.bot_id AND e.chat_id = c.chat_id AND e.ended_at IS NULL
LEFT JOIN LATERAL (
    SELECT * FROM recovery_deliveries d
    WHERE d.bot_id = e.bot_id AND d.chat_id = e.chat_id AND d.episode_id = e.episode_id ORDER BY d.ordinal DESC LIMIT 1
) d ON true
WHERE c.bot_id = $1 AND c.chat_id > $2 AND (
    e.episode_id IS NOT NULL
    OR (c.last_active >= $3
        AND NOT EXISTS (SELECT FROM recovery_episodes o
            WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id AND o.ended_at IS NULL)
        AND NOT EXISTS (SELECT FROM recovery_episodes o WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id
            AND o.episode_id >= c.last_active / 1000 * 1000 AND o.reason IS DISTINCT FROM 'doubted')))
ORDER BY c.chat_id LIMIT 512
