-- Finds, for each chat, the moment at which its limits have room for a message again; NULL where they have it now.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 per_day  int[]
-- $4 per_week  int[]
-- $5 now_ms  bigint
-- 86400000 DAY_MS
-- 604800000 WEEK_MS
-- Returns find_room
CREATE FUNCTION pg_temp.find_room(bigint[], bigint[], int[], int[], bigint) RETURNS bigint[]
LANGUAGE plpgsql AS $function$
BEGIN
    IF 0 < ANY ($3 || $4) THEN
        RETURN ARRAY(
            SELECT (SELECT max(full_until) FROM (
                SELECT array_agg(s.at ORDER BY s.at DESC) AS newest
                FROM (SELECT max(o.sent_at) AS at FROM recovery_deliveries o
                    WHERE o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.status = 'sent'
                      AND o.sent_at > $5 - 604800000 GROUP BY o.episode_id, o.step_key) s
            ) sent, LATERAL (VALUES (newest[w.per_day] + 86400000), (newest[w.per_week] + 604800000)) u(full_until)
            WHERE full_until > $5)
            FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[]) WITH ORDINALITY
                AS w(bot_id, chat_id, per_day, per_week, place) ORDER BY place);
    END IF;
    RETURN NULL;
END $function$;
