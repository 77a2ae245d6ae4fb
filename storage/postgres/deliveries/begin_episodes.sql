-- Begins an episode for each silence that still holds, with its first delivery: sending if it is wished for, due and
-- allowed by the facts, otherwise scheduled. A silence that has begun before returns its episode and latest delivery.
-- A chat counts as active at the moment up to which its bot is doubted, unless its sequence is over.
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
-- $14 wish  bool[]
-- $15 skip_paid  bool[]
-- $16 per_day  int[]
-- $17 per_week  int[]
-- $18 owner  bool[]
-- $19 now_ms  bigint
-- 1000 SECOND_MS
-- 2592000000 MONTH_MS
-- Returns bot_id, chat_id, fresh, episode_id, last_active, welcome, ordinal, step_key, block_key, campaign_version,
-- status, pinned, first_name, username, language, bot_status, campaign_state, emergency_stop, returned, reachable,
-- opted_out, paid, doubted, admin, room_at
CREATE FUNCTION pg_temp.begin_episodes(
    bigint[], bigint[], bigint[], bigint[], int[], text[], text[], bigint[], bool[], bigint[], bigint[], bigint[], int[],
    bool[], bool[], int[], int[], bool[], bigint
) RETURNS TABLE (
    bot_id bigint, chat_id bigint, fresh bool, episode_id bigint, last_active bigint, welcome bool, ordinal int,
    step_key text, block_key text, campaign_version int, status text, pinned int, first_name text, username text,
    language text, bot_status text, campaign_state text, emergency_stop bool, returned bool, reachable bool,
    opted_out bool, paid bool, doubted bool, admin bool, room_at bigint
) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE low bigint; welcomes bool[]; room bigint[];
BEGIN
    INSERT INTO chats (bot_id, chat_id, last_active)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
    ORDER BY bot_id, chat_id
    ON CONFLICT (bot_id, chat_id) DO UPDATE SET
        last_active = greatest(chats.last_active, excluded.last_active),
        unreachable_since = CASE WHEN excluded.last_active > chats.unreachable_since THEN NULL
            ELSE chats.unreachable_since END
    WHERE excluded.last_active > least(chats.last_active, chats.unreachable_since);
    PERFORM FROM (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
        ORDER BY bot_id, chat_id
    ) w, LATERAL (
        SELECT FROM recovery_episodes e WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id
          AND e.ended_at IS NULL AND e.episode_id < w.episode_id / 1000 * 1000 ORDER BY e.episode_id FOR UPDATE
    ) e;
    IF FOUND THEN
        WITH wanted AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
        ), held AS MATERIALIZED (
            SELECT e.bot_id, e.chat_id, e.episode_id, w.episode_id AS returned_at
            FROM wanted w, LATERAL (
                SELECT * FROM recovery_episodes e WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id
                  AND e.ended_at IS NULL AND e.episode_id < w.episode_id / 1000 * 1000 OFFSET 0
            ) e
        ), closed AS (
            UPDATE recovery_episodes e SET ended_at = $19, reason = 'returned', returned_at = h.returned_at
            FROM held h
            WHERE e.bot_id = ANY (ARRAY[h.bot_id]) AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
            RETURNING e.bot_id, e.chat_id, e.episode_id, e.returned_at
        ), after AS (
            UPDATE recovery_deliveries d SET
                crossed = d.crossed OR d.sent_at > c.returned_at,
                delete_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return = 'delete' THEN least(d.delete_at, $19) ELSE d.delete_at END,
                edit_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return IN ('unbutton', 'replace') THEN $19 ELSE d.edit_at END,
                edit_for = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return IN ('unbutton', 'replace') THEN 'returned' ELSE d.edit_for END,
                edited_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return IN ('unbutton', 'replace') THEN NULL ELSE d.edited_at END,
                delete_refusal = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return = 'delete' THEN NULL ELSE d.delete_refusal END,
                edit_refusal = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return IN ('unbutton', 'replace') THEN NULL ELSE d.edit_refusal END
            FROM closed c
            WHERE d.bot_id = ANY (ARRAY[c.bot_id]) AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
              AND d.status = 'sent' AND (d.sent_at > c.returned_at OR d.on_return IS NOT NULL)
        )
        UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'returned'
        FROM closed c
        WHERE d.bot_id = ANY (ARRAY[c.bot_id]) AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
          AND CASE d.status WHEN 'scheduled' THEN true END;
    END IF;
    low := (SELECT min(episode_id) / 1000 * 1000 FROM unnest($3::bigint[]) AS w(episode_id));
    IF 0 < ANY ($12 || $13) THEN
        welcomes := ARRAY(
            SELECT (SELECT count(*) FILTER (WHERE o.began_at > $19 - w.again_after) = 0
                    AND (w.per_month = 0 OR count(*) < w.per_month)
                FROM recovery_episodes o WHERE (w.again_after > 0 OR w.per_month > 0)
                  AND o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.began_at > $19 - 2592000000
                  AND EXISTS (SELECT FROM recovery_deliveries d WHERE d.bot_id = o.bot_id AND d.chat_id = o.chat_id
                    AND d.episode_id = o.episode_id AND d.status IN ('sending', 'sent', 'unknown') OFFSET 0))
            FROM unnest($1::bigint[], $2::bigint[], $12::bigint[], $13::int[]) WITH ORDINALITY
                AS w(bot_id, chat_id, again_after, per_month, place) ORDER BY place);
    END IF;
    room := pg_temp.find_room($1, $2, $16, $17, $19);
    RETURN QUERY WITH known AS MATERIALIZED (
        SELECT w.*, f.*, e.episode_id AS there,
            CASE WHEN e.over THEN f.last_active ELSE greatest(f.last_active, f.doubted_until) END AS active_at,
            f.good AND w.due_at <= $19 AS takes, (f.good OR f.withheld) AND w.due_at <= $19 AS pins
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[],
            $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[], $12::bigint[], $13::int[], $14::bool[],
            $15::bool[], $16::int[], $17::int[], $18::bool[], welcomes, room)
            AS w(bot_id, chat_id, episode_id, version, campaign_version, step_key, block_key, due_at, begins, anchor_at,
                 replan, again_after, per_month, wish, skip_paid, per_day, per_week, owner, fits, room_at)
        CROSS JOIN LATERAL pg_temp.judge_facts(
            w.bot_id, w.chat_id, w.episode_id, w.wish, w.skip_paid, w.owner, w.room_at
        ) f
        LEFT JOIN LATERAL (
            SELECT e.episode_id, e.ended_at IS NOT NULL AND e.reason <> 'doubted' AS over FROM recovery_episodes e
            WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id >= w.episode_id / 1000 * 1000
            ORDER BY e.episode_id LIMIT 1
        ) e ON true
    ), begun AS (
        INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
        SELECT bot_id, chat_id, episode_id, campaign_version, $19 FROM known
        WHERE begins AND there IS NULL AND reachable AND NOT opted_out AND serves AND coalesce(fits, true)
          AND NOT returned AND NOT doubted
        ORDER BY bot_id, chat_id
        ON CONFLICT DO NOTHING
        RETURNING bot_id, chat_id
    ), planned AS (
        INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
            campaign_version, due_at, anchor_at, replan, claimed_at, attempts)
        SELECT bot_id, chat_id, episode_id, step_key, block_key, 0,
            CASE WHEN takes THEN 'sending' ELSE 'scheduled' END, version, CASE WHEN pins THEN campaign_version ELSE 0 END,
            due_at, anchor_at, replan, CASE WHEN takes THEN $19 END, CASE WHEN takes THEN 1 ELSE 0 END
        FROM known WHERE CASE WHEN (bot_id, chat_id) IN (SELECT bot_id, chat_id FROM begun) THEN true END
    )
    SELECT k.bot_id, k.chat_id, (k.bot_id, k.chat_id) IN (SELECT bot_id, chat_id FROM begun) AS fresh,
        coalesce(k.there, k.episode_id), k.active_at, coalesce(k.fits, true), d.ordinal, d.step_key, d.block_key,
        d.campaign_version, CASE WHEN k.takes THEN 'sending' ELSE 'scheduled' END,
        CASE WHEN k.pins THEN k.campaign_version ELSE 0 END, k.first_name, k.username, k.language, k.bot_status,
        k.campaign_state, k.emergency_stop, k.returned, k.reachable, k.opted_out, k.paid, k.doubted, k.admin, k.room_at
    FROM known k
    LEFT JOIN LATERAL (
        SELECT * FROM recovery_deliveries d
        WHERE d.bot_id = k.bot_id AND d.chat_id = k.chat_id AND d.episode_id = k.there
          AND d.episode_id >= low ORDER BY d.ordinal DESC LIMIT 1
    ) d ON true;
END $function$;
