-- Lists the deliveries whose messages are due to be deleted, the oldest first, up to a number for each bot.
-- $1 bot_id  bigint[]
-- $2 most  int[]
-- $3 now_ms  bigint
-- Returns bot_id, chat_id, episode_id, step, block, message_ids, campaign_version, edit_for, first_name, username,
-- language
SELECT d.bot_id, d.chat_id, d.episode_id, d.step_key AS step, d.block_key AS block, d.message_ids,
    d.campaign_version, NULL AS edit_for, c.first_name, c.username, c.language
FROM unnest($1::bigint[], $2::int[]) AS w(bot_id, most) CROSS JOIN LATERAL (
    SELECT * FROM recovery_deliveries d
    WHERE d.bot_id = w.bot_id AND d.delete_at <= $3 AND d.delete_at IS NOT NULL AND d.deleted_at IS NULL
      AND d.delete_refusal IS NULL AND d.status = 'sent'
    ORDER BY d.delete_at LIMIT w.most
) d LEFT JOIN chats c ON c.bot_id = d.bot_id AND c.chat_id = d.chat_id
