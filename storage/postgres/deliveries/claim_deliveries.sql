-- Takes each delivery whose facts are good, under the version of its claim: scheduled or sending becomes sending.
-- The facts are those of the gate, in its words. What is found returns for every row, taken or not.
-- A chat counts as active at the moment up to which its bot is doubted.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 step_key  text[]
-- $5 block_key  text[]
-- $6 version  bigint[]
-- $7 campaign_version  int[]
-- $8 marked  bool[]
-- $9 wish  bool[]
-- $10 skip_paid  bool[]
-- $11 per_day  int[]
-- $12 per_week  int[]
-- $13 owner  bool[]
-- $14 now_ms  bigint
-- Returns bot_id, chat_id, episode_id, exists, ended, taken, status, ordinal, at_step, at_block, pinned, due_at,
-- attempts, deferrals, runs, last_active, first_name, username, language, bot_status, campaign_state, emergency_stop,
-- returned, reachable, opted_out, paid, doubted, admin, room_at
CREATE FUNCTION pg_temp.claim_deliveries(
    bigint[], bigint[], bigint[], text[], text[], bigint[], int[], bool[], bool[], bool[], int[], int[], bool[],
    bigint
) RETURNS TABLE (
    bot_id bigint, chat_id bigint, episode_id bigint, "exists" bool, ended text, taken bool, status text, ordinal int,
    at_step text, at_block text, pinned int, due_at bigint, attempts int, deferrals int, runs text[],
    last_active bigint, first_name text, username text, language text, bot_status text, campaign_state text,
    emergency_stop bool, returned bool, reachable bool, opted_out bool, paid bool, doubted bool, admin bool,
    room_at bigint
) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE low bigint; high bigint; room bigint[];
BEGIN
    PERFORM FROM (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
        ORDER BY bot_id, chat_id, episode_id
    ) w, LATERAL (
        SELECT FROM recovery_episodes e
        WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id = w.episode_id FOR UPDATE
    ) e;
    SELECT min(episode_id), max(episode_id) INTO low, high FROM unnest($3::bigint[]) AS w(episode_id);
    room := pg_temp.find_room($1, $2, $11, $12, $14);
    RETURN QUERY WITH wanted AS MATERIALIZED (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::int[],
            $8::bool[], $9::bool[], $10::bool[], $11::int[], $12::int[], $13::bool[], room)
            AS w(bot_id, chat_id, episode_id, step_key, block_key, version, campaign_version, marked, wish, skip_paid,
                 per_day, per_week, owner, room_at)
        WHERE bot_id = bot_id + 0
    ), known AS MATERIALIZED (
        SELECT w.*, e.episode_id IS NOT NULL AS exists, e.reason AS ended,
            greatest(f.last_active, f.doubted_until) AS last_active, f.first_name, f.username, f.language, f.bot_status,
            f.campaign_state, f.emergency_stop, f.returned, f.reachable, f.opted_out, f.paid, f.doubted, f.admin,
            f.good AS may, f.withheld AS could,
            d.step_key AS at_step, d.block_key AS at_block, d.ordinal, d.status, d.due_at, d.attempts, d.deferrals,
            d.campaign_version AS pinned, d.runs
        FROM wanted w
        LEFT JOIN LATERAL (
            SELECT * FROM recovery_episodes e
            WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id = w.episode_id OFFSET 0
        ) e ON true
        CROSS JOIN LATERAL pg_temp.judge_facts(
            w.bot_id, w.chat_id, w.episode_id, w.wish, w.skip_paid, w.owner, w.room_at
        ) f
        LEFT JOIN LATERAL (
            SELECT d.*, array_agg(d.step_key) OVER (ORDER BY d.ordinal) AS runs FROM recovery_deliveries d
            WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id
              AND d.episode_id BETWEEN low AND high ORDER BY d.ordinal DESC LIMIT 1
        ) d ON true
    ), judged AS MATERIALIZED (
        SELECT known.*, may AND stands AS good, could AND stands AS withheld
        FROM known, LATERAL (SELECT exists AND ended IS NULL AND due_at <= $14
            AND NOT (marked AND status = 'sending') AS stands) AS delivery
    ), taken AS (
        UPDATE recovery_deliveries d SET
            version = j.version,
            status = CASE
                WHEN d.status = 'sending' AND j.marked THEN 'unknown'
                WHEN j.good THEN 'sending'
                ELSE 'scheduled' END,
            claimed_at = CASE WHEN j.good THEN $14 ELSE d.claimed_at END,
            attempts = d.attempts + CASE WHEN j.good THEN 1 ELSE 0 END,
            campaign_version = CASE WHEN j.good OR j.withheld THEN j.campaign_version ELSE d.campaign_version END
        FROM judged j
        WHERE d.bot_id = ANY (ARRAY[j.bot_id]) AND d.chat_id = j.chat_id AND d.episode_id = j.episode_id
          AND d.step_key = j.step_key AND d.block_key = j.block_key AND d.episode_id BETWEEN low AND high
          AND CASE d.status WHEN 'scheduled' THEN d.version <= j.version AND j.ended IS NULL
              WHEN 'sending' THEN d.version < j.version AND (j.ended IS NULL OR j.marked) END
        RETURNING j.*, d.status AS now_is, d.attempts AS tried, d.campaign_version AS pinned_to, true AS taken
    ), found AS (
        SELECT * FROM taken UNION ALL SELECT *, status, attempts, pinned, false FROM judged
    )
    SELECT DISTINCT ON (bot_id, chat_id) bot_id, chat_id, episode_id, exists, ended, taken, now_is AS status, ordinal,
        at_step, at_block, pinned_to AS pinned, due_at, tried AS attempts, deferrals, runs, last_active, first_name,
        username, language, bot_status, campaign_state, emergency_stop, returned, reachable, opted_out, paid, doubted,
        admin, room_at
    FROM found ORDER BY bot_id, chat_id, taken DESC;
END $function$;
