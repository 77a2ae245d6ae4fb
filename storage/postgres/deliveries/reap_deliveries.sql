-- Gives up on deliveries that are being sent under the version given: their outcome is unknown.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 step  text[]
-- $5 block  text[]
-- $6 version  bigint[]
-- Returns bot_id, chat_id
UPDATE recovery_deliveries d SET status = 'unknown'
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
    AS w(bot_id, chat_id, episode_id, step, block, version)
WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id AND d.step_key = w.step
  AND d.block_key = w.block AND d.status = 'sending' AND d.version = w.version
RETURNING d.bot_id, d.chat_id
