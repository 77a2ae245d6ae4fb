-- Ends the open episodes of chats for a reason other than the person's return, and cancels what is scheduled.
-- What surely never left is cancelled too; what was sent after the person's own act has crossed it.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 unsent  bool[]
-- $4 reason  text
-- $5 now_ms  bigint
-- Returns bot_id, chat_id, episode_id
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bool[]) AS w(bot_id, chat_id, unsent)
), held AS MATERIALIZED (
    SELECT e.bot_id, e.chat_id, e.episode_id, w.unsent FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id)
    WHERE e.ended_at IS NULL
), closed AS (
    UPDATE recovery_episodes e SET ended_at = $5::bigint, reason = $4::text
    FROM held h WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, h.unsent
), cancelled AS (
    UPDATE recovery_deliveries d SET status = 'cancelled', reason = $4::text
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
      AND (d.status = 'scheduled' OR (d.status = 'sending' AND c.unsent))
), crossed AS (
    UPDATE recovery_deliveries d SET crossed = true
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
      AND d.status = 'sent' AND d.sent_at > $5 AND $4 IN ('opted_out', 'unreachable')
)
SELECT bot_id, chat_id, episode_id FROM closed
