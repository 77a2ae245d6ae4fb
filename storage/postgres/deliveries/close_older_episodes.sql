-- Closes the open episodes of older silences as returned.
-- Cancels what is scheduled, marks what was sent after the return, and applies the rules of the messages sent.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 now_ms  bigint
-- 1000 SECOND_MS
-- Returns nothing
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
), held AS MATERIALIZED (
    SELECT e.bot_id, e.chat_id, e.episode_id, w.episode_id AS returned_at
    FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id)
    WHERE e.ended_at IS NULL AND e.episode_id / 1000 < w.episode_id / 1000
    ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
), closed AS (
    UPDATE recovery_episodes e SET ended_at = $4, reason = 'returned', returned_at = h.returned_at
    FROM held h
    WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, e.returned_at
), after AS (
    UPDATE recovery_deliveries d SET
        crossed = d.crossed OR d.sent_at > c.returned_at,
        delete_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return = 'delete' THEN least(d.delete_at, $4) ELSE d.delete_at END,
        edit_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN $4 ELSE d.edit_at END,
        edit_for = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN 'returned' ELSE d.edit_for END,
        edited_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN NULL ELSE d.edited_at END,
        delete_refusal = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return = 'delete' THEN NULL ELSE d.delete_refusal END,
        edit_refusal = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN NULL ELSE d.edit_refusal END
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
      AND d.status = 'sent' AND (d.sent_at > c.returned_at OR d.on_return IS NOT NULL)
)
UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'returned'
FROM closed c
WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND d.status = 'scheduled'
