-- Lists the bots that are not removed and where their campaigns stand.
-- Returns bot_id, username, token, pace, status, campaign_state, published_version, activated_at_ms, emergency_stop,
-- paid_broadcast, replan, resuming, doubted_until_ms, held_until_ms, contested
SELECT b.id AS bot_id, b.username, b.token, b.pace, b.status, coalesce(k.state, 'draft') AS campaign_state,
    k.published_version, k.activated_at AS activated_at_ms, coalesce(s.engaged, false) AS emergency_stop,
    b.paid_broadcast, coalesce((SELECT max(r.id) FROM recovery_replans r WHERE r.bot_id = b.id), 0) AS replan,
    EXISTS (
        SELECT FROM recovery_replans r WHERE r.bot_id = b.id AND r.done_at IS NULL AND r.kind = 'resume'
    ) AS resuming, b.doubted_until AS doubted_until_ms, b.held_until AS held_until_ms, b.contested
FROM bots b LEFT JOIN recovery_campaigns k ON k.bot_id = b.id LEFT JOIN switches s ON s.name = 'emergency_stop'
WHERE b.status <> 'removed' ORDER BY b.id
