-- Credits the last episode of each chat with a payment, and ends it where the campaign leaves customers alone.
-- Cancels what is scheduled, marks what was sent after the payment, and applies the rules of the messages sent.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 paid_at_ms  bigint[]
-- $4 skips  bool[]
-- $5 unsent  bool[]
-- $6 now_ms  bigint
-- 1000 SECOND_MS
-- 172800000 LATE_MS
-- Returns bot_id, chat_id, episode_id
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[])
        AS w(bot_id, chat_id, paid_at_ms, skips, unsent)
), held AS MATERIALIZED (
    SELECT w.*, e.episode_id, e.ended_at IS NULL AND w.skips AS ends, f.earned
    FROM wanted w
    JOIN LATERAL (
        SELECT * FROM recovery_episodes e WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id
        ORDER BY e.episode_id DESC LIMIT 1
    ) e ON true, LATERAL (
        SELECT e.paid_at IS NULL AND w.paid_at_ms / 1000 > e.episode_id / 1000
            AND coalesce(e.ended_at > w.paid_at_ms - 172800000, true) AS earned
    ) f
    WHERE f.earned OR (e.ended_at IS NULL AND w.skips)
), closed AS (
    UPDATE recovery_episodes e SET
        ended_at = CASE WHEN h.ends THEN $6 ELSE e.ended_at END,
        reason = CASE WHEN h.ends THEN 'paid' ELSE e.reason END,
        paid_at = CASE WHEN h.earned THEN h.paid_at_ms ELSE e.paid_at END
    FROM held h
    WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, h.ends, h.unsent
), cancelled AS (
    UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'paid'
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND c.ends
      AND (d.status = 'scheduled' OR (d.status = 'sending' AND c.unsent))
), after AS (
    UPDATE recovery_deliveries d SET
        crossed = d.crossed OR (c.ends AND d.sent_at > $6),
        delete_at = CASE WHEN d.deleted_at IS NULL
            AND d.on_payment = 'delete' THEN least(d.delete_at, $6) ELSE d.delete_at END,
        edit_at = CASE WHEN d.deleted_at IS NULL AND d.on_payment IN ('unbutton', 'replace') THEN $6 ELSE d.edit_at END,
        edit_for = CASE WHEN d.deleted_at IS NULL
            AND d.on_payment IN ('unbutton', 'replace') THEN 'paid' ELSE d.edit_for END,
        edited_at = CASE WHEN d.deleted_at IS NULL
            AND d.on_payment IN ('unbutton', 'replace') THEN NULL ELSE d.edited_at END,
        delete_refusal = CASE WHEN d.deleted_at IS NULL AND d.on_payment = 'delete' THEN NULL ELSE d.delete_refusal END,
        edit_refusal = CASE WHEN d.deleted_at IS NULL
            AND d.on_payment IN ('unbutton', 'replace') THEN NULL ELSE d.edit_refusal END
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND d.status = 'sent'
      AND ((c.ends AND d.sent_at > $6) OR (d.on_payment IS NOT NULL AND d.sent_at > $6 - 172800000))
)
SELECT bot_id, chat_id, episode_id FROM closed WHERE ends
