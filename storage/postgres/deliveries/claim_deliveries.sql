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
-- 1000 SECOND_MS
-- 86400000 DAY_MS
-- 604800000 WEEK_MS
-- Returns bot_id, chat_id, episode_id, exists, ended, taken, status, ordinal, at_step, at_block, pinned, due_at,
-- attempts, deferrals, runs, last_active, first_name, username, language, bot_status, campaign_state, emergency_stop,
-- returned, reachable, opted_out, paid, doubted, admin, room_at
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::int[],
        $8::bool[], $9::bool[], $10::bool[], $11::int[], $12::int[], $13::bool[])
        AS w(bot_id, chat_id, episode_id, step_key, block_key, version, campaign_version, marked, wish, skip_paid,
             per_day, per_week, owner)
), known AS MATERIALIZED (
    SELECT w.*, e.episode_id IS NOT NULL AS exists, e.reason AS ended,
        b.status AS bot_status, coalesce(s.engaged, false) AS emergency_stop,
        CASE WHEN w.episode_id < k.activated_at THEN 'stopped' ELSE k.state END AS campaign_state,
        c.first_name, c.username, c.language, greatest(c.last_active, b.doubted_until) AS last_active,
        coalesce(c.last_active / 1000 > w.episode_id / 1000, false) AS returned,
        coalesce(b.doubted_until / 1000 > w.episode_id / 1000, false) AS doubted,
        c.unreachable_since IS NULL AS reachable, c.opted_out_at IS NOT NULL AS opted_out,
        EXISTS (SELECT FROM payments p
            WHERE p.bot_id = w.bot_id AND p.chat_id = w.chat_id AND p.status = 'paid') AS paid,
        w.owner OR EXISTS (SELECT FROM bot_admins a WHERE a.bot_id = w.bot_id AND a.admin_id = w.chat_id) AS admin,
        CASE WHEN w.per_day + w.per_week > 0 THEN (
            SELECT max(full_until) FROM (
                SELECT array_agg(s.at ORDER BY s.at DESC) AS newest
                FROM (SELECT max(o.sent_at) AS at FROM recovery_deliveries o
                    WHERE o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.status = 'sent'
                      AND o.sent_at > $14::bigint - 604800000 GROUP BY o.episode_id, o.step_key) s
            ) sent, LATERAL (VALUES (newest[w.per_day] + 86400000), (newest[w.per_week] + 604800000)) u(full_until)
            WHERE full_until > $14
        ) END AS room_at,
        d.step_key AS at_step, d.block_key AS at_block, d.ordinal, d.status, d.due_at, d.attempts, d.deferrals,
        d.campaign_version AS pinned, r.runs
    FROM wanted w
    LEFT JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
    LEFT JOIN bots b ON b.id = w.bot_id
    LEFT JOIN recovery_campaigns k ON k.bot_id = w.bot_id
    LEFT JOIN switches s ON s.name = 'emergency_stop'
    LEFT JOIN chats c ON c.bot_id = w.bot_id AND c.chat_id = w.chat_id
    LEFT JOIN LATERAL (
        SELECT * FROM recovery_deliveries d
        WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id
        ORDER BY d.ordinal DESC LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(d.step_key ORDER BY d.ordinal) AS runs FROM recovery_deliveries d
        WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id
    ) r ON true
), judged AS MATERIALIZED (
    SELECT known.*, fit AND campaign_state IN ('live', 'finishing') AS good,
        fit AND campaign_state = 'shadow' AS withheld
    FROM known, LATERAL (SELECT exists AND ended IS NULL AND wish AND bot_status = 'active'
        AND NOT emergency_stop AND NOT returned AND reachable AND NOT opted_out AND NOT (paid AND skip_paid)
        AND NOT doubted AND NOT admin AND room_at IS NULL AND due_at <= $14
        AND NOT (marked AND status = 'sending') AS fit) AS facts
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
    WHERE d.bot_id = j.bot_id AND d.chat_id = j.chat_id AND d.episode_id = j.episode_id
      AND d.step_key = j.step_key AND d.block_key = j.block_key
      AND (j.ended IS NULL OR (d.status = 'sending' AND j.marked))
      AND ((d.status = 'scheduled' AND d.version <= j.version) OR (d.status = 'sending' AND d.version < j.version))
    RETURNING d.bot_id, d.chat_id, d.status, d.attempts, d.campaign_version
)
SELECT j.bot_id, j.chat_id, j.episode_id, j.exists, j.ended, t.status IS NOT NULL AS taken,
    coalesce(t.status, j.status) AS status, j.ordinal, j.at_step, j.at_block,
    coalesce(t.campaign_version, j.pinned) AS pinned, j.due_at, coalesce(t.attempts, j.attempts) AS attempts,
    j.deferrals, j.runs, j.last_active, j.first_name, j.username, j.language, j.bot_status, j.campaign_state,
    j.emergency_stop, j.returned, j.reachable, j.opted_out, j.paid, j.doubted, j.admin, j.room_at
FROM judged j LEFT JOIN taken t USING (bot_id, chat_id)
