-- Lists the bots that receivers watch, with the threshold that arms a chat; without one, touches arm nothing.
-- Returns bot_id, username, token, threshold_ms, new_chats_by_api
SELECT b.id AS bot_id, b.username, b.token,
    CASE WHEN k.state IN ('live', 'shadow', 'paused') THEN (v.document ->> 'threshold_ms')::bigint END AS threshold_ms,
    b.new_chats_by_api
FROM bots b
LEFT JOIN recovery_campaigns k ON k.bot_id = b.id
LEFT JOIN recovery_versions v ON v.bot_id = k.bot_id AND v.version = k.published_version
WHERE b.status IN ('active', 'paused') ORDER BY b.id
