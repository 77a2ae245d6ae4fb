-- Notes what came of deletions and edits: when each was done, or why Telegram refused it.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 step  text[]
-- $5 block  text[]
-- $6 deletion  bool[]
-- $7 refusal  text[]
-- $8 now_ms  bigint
-- Returns nothing
UPDATE recovery_deliveries d SET
    deleted_at = CASE WHEN w.deletion AND w.refusal IS NULL THEN $8 ELSE d.deleted_at END,
    edited_at = CASE WHEN NOT w.deletion AND w.refusal IS NULL THEN $8 ELSE d.edited_at END,
    delete_refusal = CASE WHEN w.deletion THEN w.refusal ELSE d.delete_refusal END,
    edit_refusal = CASE WHEN w.deletion THEN d.edit_refusal ELSE w.refusal END
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bool[], $7::text[])
    AS w(bot_id, chat_id, episode_id, step, block, deletion, refusal)
WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id AND d.step_key = w.step
  AND d.block_key = w.block
