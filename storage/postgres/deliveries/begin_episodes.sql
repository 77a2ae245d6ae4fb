-- Begins an episode for each silence that still holds, and schedules its first delivery.
-- A chat counts as active at the moment up to which its bot is doubted, unless its sequence is over.
-- A silence that has begun before returns the episode that is there, with its latest delivery.
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
-- $14 now_ms  bigint
-- 1000 SECOND_MS
-- 2592000000 MONTH_MS
-- Returns bot_id, chat_id, fresh, episode_id, last_active, welcome, ordinal, step_key, block_key, campaign_version
CREATE FUNCTION pg_temp.begin_episodes(
    bigint[], bigint[], bigint[], bigint[], int[], text[], text[], bigint[], bool[], bigint[], bigint[], bigint[], int[],
    bigint
) RETURNS TABLE (
    bot_id bigint, chat_id bigint, fresh bool, episode_id bigint, last_active bigint, welcome bool, ordinal int,
    step_key text, block_key text, campaign_version int
) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE low bigint; welcomes bool[];
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
            UPDATE recovery_episodes e SET ended_at = $14, reason = 'returned', returned_at = h.returned_at
            FROM held h
            WHERE e.bot_id = ANY (ARRAY[h.bot_id]) AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
            RETURNING e.bot_id, e.chat_id, e.episode_id, e.returned_at
        ), after AS (
            UPDATE recovery_deliveries d SET
                crossed = d.crossed OR d.sent_at > c.returned_at,
                delete_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return = 'delete' THEN least(d.delete_at, $14) ELSE d.delete_at END,
                edit_at = CASE WHEN d.deleted_at IS NULL AND d.edit_for IS DISTINCT FROM 'paid'
                    AND d.on_return IN ('unbutton', 'replace') THEN $14 ELSE d.edit_at END,
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
            SELECT (SELECT count(*) FILTER (WHERE o.began_at > $14 - w.again_after) = 0
                    AND (w.per_month = 0 OR count(*) < w.per_month)
                FROM recovery_episodes o WHERE (w.again_after > 0 OR w.per_month > 0)
                  AND o.bot_id = w.bot_id AND o.chat_id = w.chat_id AND o.began_at > $14 - 2592000000
                  AND EXISTS (SELECT FROM recovery_deliveries d WHERE d.bot_id = o.bot_id AND d.chat_id = o.chat_id
                    AND d.episode_id = o.episode_id AND d.status IN ('sending', 'sent', 'unknown') OFFSET 0))
            FROM unnest($1::bigint[], $2::bigint[], $12::bigint[], $13::int[]) WITH ORDINALITY
                AS w(bot_id, chat_id, again_after, per_month, place) ORDER BY place);
    END IF;
    RETURN QUERY WITH wanted AS (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[],
            $8::bigint[], $9::bool[], $10::bigint[], $11::bigint[], $12::bigint[], $13::int[], welcomes)
            AS w(bot_id, chat_id, episode_id, version, campaign_version, step_key, block_key, due_at, begins, anchor_at,
                 replan, again_after, per_month, fits)
    ), known AS (
        SELECT w.*, CASE WHEN e.over THEN c.last_active ELSE greatest(c.last_active, b.doubted_until) END AS last_active,
            c.unreachable_since IS NULL AND c.opted_out_at IS NULL AS reachable,
            k.state IN ('live', 'shadow', 'paused') AS serves, e.episode_id AS there,
            coalesce(w.fits, true) AS welcome
        FROM wanted w
        CROSS JOIN LATERAL (SELECT * FROM chats c WHERE c.bot_id = w.bot_id AND c.chat_id = w.chat_id OFFSET 0) c
        LEFT JOIN bots b ON b.id = w.bot_id
        LEFT JOIN recovery_campaigns k ON k.bot_id = w.bot_id
        LEFT JOIN LATERAL (
            SELECT e.episode_id, e.ended_at IS NOT NULL AND e.reason <> 'doubted' AS over FROM recovery_episodes e
            WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id >= w.episode_id / 1000 * 1000
            ORDER BY e.episode_id LIMIT 1
        ) e ON true
    ), begun AS (
        INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
        SELECT bot_id, chat_id, episode_id, campaign_version, $14 FROM known
        WHERE begins AND there IS NULL AND reachable AND serves AND welcome
          AND last_active / 1000 <= episode_id / 1000
        ORDER BY bot_id, chat_id
        ON CONFLICT DO NOTHING
        RETURNING bot_id, chat_id
    ), planned AS (
        INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
            campaign_version, due_at, anchor_at, replan)
        SELECT k.bot_id, k.chat_id, k.episode_id, k.step_key, k.block_key, 0, 'scheduled', k.version,
            0, k.due_at, k.anchor_at, k.replan
        FROM known k WHERE (k.bot_id, k.chat_id) IN (SELECT bot_id, chat_id FROM begun)
    )
    SELECT k.bot_id, k.chat_id, (k.bot_id, k.chat_id) IN (SELECT bot_id, chat_id FROM begun) AS fresh,
        coalesce(k.there, k.episode_id) AS episode_id, k.last_active, k.welcome, d.ordinal, d.step_key, d.block_key, d.campaign_version
    FROM known k
    LEFT JOIN LATERAL (
        SELECT * FROM recovery_deliveries d
        WHERE d.bot_id = k.bot_id AND d.chat_id = k.chat_id AND d.episode_id = k.there
          AND d.episode_id >= low ORDER BY d.ordinal DESC LIMIT 1
    ) d ON true;
END $function$;
