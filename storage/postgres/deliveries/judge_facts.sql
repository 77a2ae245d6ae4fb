-- Judges whether a block may be sent to a chat, by the facts of the gate and in its words.
-- `good`: it may. `withheld`: it could, but the campaign is a shadow. `serves`: an episode may begin.
-- One query, so that the planner takes it into the statement that asks.
-- $1 bot_id  bigint
-- $2 chat_id  bigint
-- $3 episode_id  bigint
-- $4 wish  boolean
-- $5 skip_paid  boolean
-- $6 owner  boolean
-- $7 room_at  bigint
-- 1000 SECOND_MS
-- Returns last_active, doubted_until, first_name, username, language, bot_status, campaign_state, emergency_stop,
-- returned, reachable, opted_out, paid, doubted, admin, serves, good, withheld
CREATE FUNCTION pg_temp.judge_facts(bigint, bigint, bigint, bool, bool, bool, bigint) RETURNS TABLE (
    last_active bigint, doubted_until bigint, first_name text, username text, language text, bot_status text,
    campaign_state text, emergency_stop bool, returned bool, reachable bool, opted_out bool, paid bool, doubted bool,
    admin bool, serves bool, good bool, withheld bool
) LANGUAGE sql STABLE AS $function$
    SELECT f.*, fit AND f.campaign_state IN ('live', 'finishing'), fit AND f.campaign_state = 'shadow'
    FROM (
        SELECT c.last_active, b.doubted_until, c.first_name, c.username, c.language, b.status AS bot_status,
            CASE WHEN $3 < k.activated_at THEN 'stopped' ELSE k.state END AS campaign_state,
            coalesce(s.engaged, false) AS emergency_stop,
            coalesce(c.last_active / 1000 > $3 / 1000, false) AS returned,
            c.unreachable_since IS NULL AS reachable, c.opted_out_at IS NOT NULL AS opted_out,
            EXISTS (SELECT FROM payments p
                WHERE p.bot_id = $1 AND p.chat_id = $2 AND p.status = 'paid' OFFSET 0) AS paid,
            coalesce(b.doubted_until / 1000 > $3 / 1000, false) AS doubted,
            $6 OR EXISTS (SELECT FROM bot_admins a WHERE a.bot_id = $1 AND a.admin_id = $2 OFFSET 0) AS admin,
            k.state IN ('live', 'shadow', 'paused') AS serves
        FROM (SELECT) one
        LEFT JOIN bots b ON b.id = $1
        LEFT JOIN recovery_campaigns k ON k.bot_id = $1
        LEFT JOIN switches s ON s.name = 'emergency_stop'
        LEFT JOIN LATERAL (SELECT * FROM chats c WHERE c.bot_id = $1 AND c.chat_id = $2 OFFSET 0) c ON true
        OFFSET 0
    ) f, LATERAL (SELECT $4 AND f.bot_status = 'active' AND NOT f.emergency_stop AND NOT f.returned AND f.reachable
        AND NOT f.opted_out AND NOT (f.paid AND $5) AND NOT f.doubted AND NOT f.admin AND $7 IS NULL AS fit) AS facts
$function$;
