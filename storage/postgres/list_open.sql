-- Lists the open episodes of a bot, a page at a time by chat: where each stands, and what should have ended it.
-- $1 bot_id  bigint
-- $2 after_chat  bigint
-- 512 PAGE
-- Returns chat_id, episode_id, ordinal, step_key, block_key, campaign_version, version, status, due_at, paid_at,
-- opted_out, unreachable
SELECT e.chat_id, e.episode_id, d.ordinal, d.step_key, d.block_key, d.campaign_version, d.version, d.status, d.due_at,
    (SELECT max(p.paid_at) FROM payments p
        WHERE p.bot_id = e.bot_id AND p.chat_id = e.chat_id AND p.status = 'paid') AS paid_at,
    c.opted_out_at IS NOT NULL AS opted_out, c.unreachable_since IS NOT NULL AS unreachable
FROM recovery_episodes e
LEFT JOIN LATERAL (
    SELECT * FROM chats c WHERE c.bot_id = e.bot_id AND c.chat_id = e.chat_id OFFSET 0
) c ON true
LEFT JOIN LATERAL (
    SELECT * FROM recovery_deliveries d
    WHERE d.bot_id = e.bot_id AND d.chat_id = e.chat_id AND d.episode_id = e.episode_id ORDER BY d.ordinal DESC LIMIT 1
) d ON true
WHERE e.bot_id = $1 AND e.chat_id > $2 AND e.ended_at IS NULL ORDER BY e.chat_id LIMIT 512
