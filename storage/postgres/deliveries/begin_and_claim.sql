-- Begins episodes, and claims the first delivery of each that is wished for: one function after the other, so that the
-- claim sees what has begun. A silence returns the row of `begin_episodes`, and once more that of `claim_deliveries` if
-- its delivery was claimed; the columns of the other one are NULL in both.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 version  bigint[]
-- $5 campaign_version  int[]
-- $6 step_key  text[]
-- $7 block_key  text[]
-- $8 due_at  bigint[]
-- $9 begins  bool[]
-- $10 anchor_at  bigint[]
-- $11 replan  bigint[]
-- $12 again_after  bigint[]
-- $13 per_month  int[]
-- $14 claims  bool[]
-- $15 wish  bool[]
-- $16 skip_paid  bool[]
-- $17 per_day  int[]
-- $18 per_week  int[]
-- $19 owner  bool[]
-- $20 now_ms  bigint
-- Returns bot_id, chat_id, fresh, episode_id, last_active, welcome, ordinal, step_key, block_key, campaign_version,
-- bot_id, chat_id, episode_id, exists, ended, taken, status, ordinal, at_step, at_block, pinned, due_at, attempts,
-- deferrals, runs, last_active, first_name, username, language, bot_status, campaign_state, emergency_stop, returned,
-- reachable, opted_out, paid, doubted, admin, room_at
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[],
        $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[], $12::bigint[], $13::int[], $14::bool[], $15::bool[],
        $16::bool[], $17::int[], $18::int[], $19::bool[])
        AS w(bot_id, chat_id, episode_id, version, campaign_version, step_key, block_key, due_at, begins, anchor_at,
             replan, again_after, per_month, claims, wish, skip_paid, per_day, per_week, owner)
), begun AS MATERIALIZED (
    SELECT * FROM pg_temp.begin_episodes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $20)
), claiming AS (
    SELECT array_agg(bot_id) AS bot_ids, array_agg(chat_id) AS chat_ids, array_agg(episode_id) AS episode_ids,
        array_agg(step_key) AS step_keys, array_agg(block_key) AS block_keys, array_agg(version) AS versions,
        array_agg(campaign_version) AS campaign_versions, array_agg(false) AS marked, array_agg(wish) AS wishes,
        array_agg(skip_paid) AS skips_paid, array_agg(per_day) AS per_day, array_agg(per_week) AS per_week,
        array_agg(owner) AS owners
    FROM wanted
    WHERE CASE WHEN claims THEN (bot_id, chat_id) IN (SELECT bot_id, chat_id FROM begun WHERE fresh) END
    HAVING count(*) > 0
), found AS (
    SELECT f.* FROM claiming c, LATERAL pg_temp.claim_deliveries(c.bot_ids, c.chat_ids, c.episode_ids, c.step_keys,
        c.block_keys, c.versions, c.campaign_versions, c.marked, c.wishes, c.skips_paid, c.per_day, c.per_week,
        c.owners, $20::bigint) f
)
SELECT b.*, f.* FROM begun b LEFT JOIN found f ON false
UNION ALL
SELECT b.*, f.* FROM found f LEFT JOIN begun b ON false
