-- Counts the people who fell silent between two moments, can be reached, and have had no sequence for it yet.
-- At most a number of them, among the newest silences. "No sequence yet" is asked in the words of list_remembered.sql.
-- $1 bot_id  bigint
-- $2 since_ms  bigint
-- $3 until_ms  bigint
-- $4 skip_paid  boolean
-- $5 most  bigint
-- 1000 SECOND_MS
-- 50000 MOST_LOOKED_AT
-- Returns count
SELECT count(*) FROM (
    SELECT FROM (
        SELECT * FROM chats WHERE bot_id = $1 AND last_active >= $2 AND last_active < $3
        ORDER BY last_active DESC LIMIT 50000
    ) c WHERE unreachable_since IS NULL AND opted_out_at IS NULL
        AND NOT EXISTS (SELECT FROM recovery_episodes o
            WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id AND o.ended_at IS NULL)
        AND NOT EXISTS (SELECT FROM recovery_episodes o WHERE o.bot_id = c.bot_id AND o.chat_id = c.chat_id
            AND o.episode_id >= c.last_active / 1000 * 1000 AND o.reason IS DISTINCT FROM 'doubted')
        AND NOT ($4 AND EXISTS (SELECT FROM payments p
            WHERE p.bot_id = c.bot_id AND p.chat_id = c.chat_id AND p.status = 'paid'))
    LIMIT $5
) silent
