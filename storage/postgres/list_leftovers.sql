-- Lists the deliveries whose messages are due to be deleted or edited, the oldest of each first, up to two numbers for
-- each bot.
-- $1 bot_id  bigint[]
-- $2 deletions  int[]
-- $3 edits  int[]
-- $4 now_ms  bigint
-- Returns bot_id, chat_id, episode_id, step, block, message_ids, campaign_version, edit_for, first_name, username,
-- language
SELECT d.bot_id, d.chat_id, d.episode_id, d.step_key AS step, d.block_key AS block, d.message_ids,
    d.campaign_version, d.edit_for, c.first_name, c.username, c.language
FROM unnest($1::bigint[], $2::int[], $3::int[]) AS w(bot_id, deletions, edits) CROSS JOIN LATERAL (
    (SELECT bot_id, chat_id, episode_id, step_key, block_key, message_ids, campaign_version, NULL AS edit_for
    FROM recovery_deliveries d
    WHERE d.bot_id = w.bot_id AND d.delete_at <= $4 AND d.delete_at IS NOT NULL AND d.deleted_at IS NULL
      AND d.delete_refusal IS NULL AND d.status = 'sent'
    ORDER BY d.delete_at LIMIT w.deletions)
    UNION ALL
    (SELECT bot_id, chat_id, episode_id, step_key, block_key, message_ids, campaign_version, edit_for
    FROM recovery_deliveries d
    WHERE d.bot_id = w.bot_id AND d.edit_at <= $4 AND d.edit_at IS NOT NULL AND d.edited_at IS NULL
      AND d.edit_refusal IS NULL AND d.status = 'sent'
    ORDER BY d.edit_at LIMIT w.edits)
) d LEFT JOIN chats c ON c.bot_id = d.bot_id AND c.chat_id = d.chat_id
