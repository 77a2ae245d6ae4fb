-- Closes the episodes whose silence these signs of life break; one that has ended already is credited with the return.
-- Cancels what is scheduled, marks what was sent after the return, and applies the rules of the messages sent.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 last_active_ms  bigint[]
-- $4 unsent_episode  bigint[]
-- $5 now_ms  bigint
-- 1000 SECOND_MS
-- Returns bot_id, chat_id, episode_id
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        AS w(bot_id, chat_id, last_active_ms, unsent_episode)
), held AS MATERIALIZED (
    SELECT e.bot_id, e.chat_id, e.episode_id, e.ended_at, w.last_active_ms AS returned_at, w.unsent_episode
    FROM wanted w, LATERAL (
        SELECT * FROM recovery_episodes e WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id
          AND e.returned_at IS NULL AND e.episode_id < w.last_active_ms / 1000 * 1000 OFFSET 0
    ) e
), closed AS (
    UPDATE recovery_episodes e SET
        returned_at = h.returned_at,
        ended_at = coalesce(e.ended_at, $5),
        reason = coalesce(e.reason, 'returned')
    FROM held h
    WHERE e.bot_id = ANY (ARRAY[h.bot_id]) AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, e.reason, h.returned_at, h.unsent_episode,
        h.ended_at IS NULL AS was_open
), cancelled AS (
    UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'returned'
    FROM closed c
    WHERE d.bot_id = ANY (ARRAY[c.bot_id]) AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND c.was_open
      AND CASE d.status WHEN 'scheduled' THEN true WHEN 'sending' THEN c.unsent_episode = c.episode_id END
), after AS (
    UPDATE recovery_deliveries d SET
        crossed = d.crossed OR (c.was_open AND d.sent_at > c.returned_at),
        delete_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return = 'delete' THEN least(d.delete_at, $5) ELSE d.delete_at END,
        edit_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN $5 ELSE d.edit_at END,
        edit_for = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN 'returned' ELSE d.edit_for END,
        edited_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN NULL ELSE d.edited_at END,
        delete_refusal = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return = 'delete' THEN NULL ELSE d.delete_refusal END,
        edit_refusal = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
            AND d.on_return IN ('unbutton', 'replace') THEN NULL ELSE d.edit_refusal END
    FROM closed c
    WHERE d.bot_id = ANY (ARRAY[c.bot_id]) AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND d.status = 'sent'
      AND ((c.was_open AND d.sent_at > c.returned_at) OR d.on_return IS NOT NULL)
)
SELECT bot_id, chat_id, episode_id FROM closed WHERE was_open
