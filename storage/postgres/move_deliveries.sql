-- Moves deliveries that still wait where a replan found them to their new step, block and due.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 step_key  text[]
-- $5 block_key  text[]
-- $6 pinned  int[]
-- $7 version  bigint[]
-- $8 next_step  text[]
-- $9 next_block  text[]
-- $10 due_at  bigint[]
-- $11 anchor_at  bigint[]
-- $12 stood_ms  bigint[]
-- $13 resumed_at  bigint[]
-- $14 kept_version  int[]
-- $15 replan  bigint
-- Returns nothing
UPDATE recovery_deliveries d SET step_key = w.next_step, block_key = w.next_block, due_at = w.due_at,
    anchor_at = w.anchor_at, stood_ms = w.stood_ms, resumed_at = w.resumed_at, kept_version = w.kept_version,
    replan = $15,
    deferrals = CASE WHEN d.due_at = w.due_at THEN d.deferrals ELSE 0 END
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::int[], $7::bigint[], $8::text[],
        $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::int[])
    AS w(bot_id, chat_id, episode_id, step_key, block_key, pinned, version, next_step, next_block, due_at, anchor_at,
         stood_ms, resumed_at, kept_version)
WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id AND d.step_key = w.step_key
  AND d.block_key = w.block_key AND d.version = w.version AND d.status = 'scheduled' AND d.campaign_version = w.pinned
