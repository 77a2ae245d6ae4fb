-- Lists the people who wait in a campaign and at whom a replan has not looked yet, a page at a time by chat.
-- The first condition on the status is that of the index, which is all that a page reads.
-- $1 bot_id  bigint
-- $2 replan  bigint
-- $3 after_chat  bigint
-- $4 most  bigint
-- $5 begun  boolean
-- Returns chat_id, episode_id, ordinal, step_key, block_key, campaign_version, version, due_at, anchor_at, stood_ms,
-- resumed_at, kept_version, deferrals, runs
SELECT d.chat_id, d.episode_id, d.ordinal, d.step_key, d.block_key, d.campaign_version, d.version, d.due_at,
    d.anchor_at, d.stood_ms, d.resumed_at, d.kept_version, d.deferrals, r.runs
FROM recovery_deliveries d
LEFT JOIN LATERAL (
    SELECT array_agg(o.step_key ORDER BY o.ordinal) AS runs
    FROM recovery_deliveries o
    WHERE o.bot_id = d.bot_id AND o.chat_id = d.chat_id AND o.episode_id = d.episode_id AND o.ordinal < d.ordinal
) r ON true
WHERE d.bot_id = $1 AND d.status IN ('scheduled', 'sending') AND d.status = 'scheduled'
  AND (d.campaign_version = 0 OR $5) AND d.replan < $2 AND d.chat_id > $3
ORDER BY d.chat_id LIMIT $4
