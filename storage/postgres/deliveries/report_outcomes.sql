-- Records what came of each delivery; schedules the next one or ends the episode, if it is still open.
-- Facts are taken whoever reports them; wishes only from the holder of the version.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- $4 step_key  text[]
-- $5 block_key  text[]
-- $6 version  bigint[]
-- $7 status  text[]
-- $8 fact  bool[]
-- $9 reason  text[]
-- $10 message_ids  text[]
-- $11 delete_after  bigint[]
-- $12 on_return  text[]
-- $13 on_payment  text[]
-- $14 due_at  bigint[]
-- $15 spent  bool[]
-- $16 next_step  text[]
-- $17 next_block  text[]
-- $18 next_ordinal  int[]
-- $19 next_due  bigint[]
-- $20 pinned  int[]
-- $21 ending  text[]
-- $22 deferred  bool[]
-- $23 next_anchor  bigint[]
-- $24 replan  bigint[]
-- $25 now_ms  bigint
-- Returns bot_id, chat_id, status, reason, ended, crossed
CREATE FUNCTION pg_temp.report_outcomes(
    bigint[], bigint[], bigint[], text[], text[], bigint[], text[], bool[], text[], text[], bigint[], text[], text[],
    bigint[], bool[], text[], text[], int[], bigint[], int[], text[], bool[], bigint[], bigint[], bigint
) RETURNS TABLE (
    bot_id bigint, chat_id bigint, status text, reason text, ended text, crossed bool
) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE low bigint; high bigint;
BEGIN
    PERFORM FROM (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
        ORDER BY bot_id, chat_id, episode_id
    ) w, LATERAL (
        SELECT FROM recovery_episodes e
        WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id = w.episode_id FOR UPDATE
    ) e;
    SELECT min(episode_id), max(episode_id) INTO low, high FROM unnest($3::bigint[]) AS w(episode_id);
    RETURN QUERY WITH wanted AS MATERIALIZED (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[],
            $8::bool[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::bigint[], $15::bool[],
            $16::text[], $17::text[], $18::int[], $19::bigint[], $20::int[], $21::text[], $22::bool[], $23::bigint[],
            $24::bigint[])
            AS w(bot_id, chat_id, episode_id, step_key, block_key, version, status, fact, reason, message_ids, delete_after,
                 on_return, on_payment, due_at, spent, next_step, next_block, next_ordinal, next_due, pinned, ending,
                 deferred, next_anchor, replan)
        WHERE bot_id = bot_id + 0
    ), known AS MATERIALIZED (
        SELECT w.*, e.ended_at IS NOT NULL AS over, e.reason AS ended,
            CASE WHEN w.status = 'sent' AND e.ended_at IS NOT NULL THEN
                coalesce(CASE WHEN f.paid THEN w.on_payment END, CASE WHEN e.returned_at IS NOT NULL THEN w.on_return END)
            END AS rule,
            CASE WHEN f.paid AND w.on_payment IS NOT NULL THEN 'paid' ELSE 'returned' END AS cause
        FROM wanted w, LATERAL (
            SELECT * FROM recovery_episodes e
            WHERE e.bot_id = w.bot_id AND e.chat_id = w.chat_id AND e.episode_id = w.episode_id OFFSET 0
        ) e, LATERAL (
            SELECT e.paid_at IS NOT NULL OR e.reason IS NOT DISTINCT FROM 'paid' AS paid
        ) f
    ), done AS (
        UPDATE recovery_deliveries d SET
            status = CASE WHEN k.status = 'scheduled' AND k.over THEN 'cancelled' ELSE k.status END,
            reason = CASE WHEN k.status = 'scheduled' AND k.over THEN k.ended ELSE k.reason END,
            due_at = coalesce(k.due_at, d.due_at),
            campaign_version = CASE WHEN k.status = 'scheduled' THEN k.pinned ELSE d.campaign_version END,
            attempts = d.attempts - CASE WHEN k.spent OR d.status <> 'sending' THEN 0 ELSE 1 END,
            deferrals = d.deferrals + CASE WHEN k.deferred AND d.due_at <> k.due_at THEN 1 ELSE 0 END,
            sent_at = CASE WHEN k.status = 'sent' THEN $25 ELSE d.sent_at END,
            message_ids = coalesce(k.message_ids::bigint[], d.message_ids),
            on_return = k.on_return,
            on_payment = k.on_payment,
            crossed = d.crossed OR (
                k.status = 'sent' AND coalesce(k.ended IN ('returned', 'paid', 'opted_out', 'unreachable'), false)),
            delete_at = CASE WHEN k.rule = 'delete' THEN $25 ELSE $25 + k.delete_after END,
            edit_at = CASE WHEN k.rule IN ('unbutton', 'replace') THEN $25 ELSE d.edit_at END,
            edit_for = CASE WHEN k.rule IN ('unbutton', 'replace') THEN k.cause ELSE d.edit_for END
        FROM known k
        WHERE d.bot_id = ANY (ARRAY[k.bot_id]) AND d.chat_id = k.chat_id AND d.episode_id = k.episode_id
          AND d.step_key = k.step_key AND d.block_key = k.block_key
          AND d.episode_id BETWEEN low AND high AND k.status IS NOT NULL
          AND CASE WHEN k.fact THEN d.status = 'sending' OR (d.status = 'unknown' AND k.status <> 'unknown')
              ELSE d.version = k.version AND d.status IN ('scheduled', 'sending') END
        RETURNING k.*, d.status AS now_is, d.reason AS now_why, d.crossed
    ), moving AS MATERIALIZED (
        SELECT DISTINCT ON (bot_id, chat_id) *, NOT over AND (status IS NULL OR now_is IS NOT NULL) AS moves
        FROM (SELECT * FROM done UNION ALL SELECT *, NULL, NULL, false FROM known) f
        ORDER BY bot_id, chat_id, now_is NULLS LAST
    ), planned AS (
        INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
            campaign_version, due_at, anchor_at, replan)
        SELECT bot_id, chat_id, episode_id, next_step, next_block, next_ordinal, 'scheduled', version, pinned,
            next_due, next_anchor, replan
        FROM moving WHERE moves AND next_step IS NOT NULL
        ORDER BY bot_id, chat_id
        ON CONFLICT DO NOTHING
    ), ended AS (
        UPDATE recovery_episodes e SET ended_at = $25, reason = m.ending
        FROM moving m
        WHERE m.moves AND m.ending IS NOT NULL AND NOT EXISTS (
            SELECT FROM recovery_deliveries d
            WHERE d.bot_id = m.bot_id AND d.chat_id = m.chat_id AND d.episode_id = m.episode_id
              AND d.episode_id BETWEEN low AND high AND d.status IN ('scheduled', 'sending')
              AND (d.step_key, d.block_key) <> (m.step_key, m.block_key) OFFSET 0)
          AND e.bot_id = ANY (ARRAY[m.bot_id]) AND e.chat_id = m.chat_id AND e.episode_id = m.episode_id
        RETURNING e.bot_id, e.chat_id
    )
    SELECT m.bot_id, m.chat_id, m.now_is AS status, m.now_why AS reason,
        CASE WHEN (m.bot_id, m.chat_id) IN (SELECT bot_id, chat_id FROM ended) THEN m.ending ELSE m.ended END AS ended,
        m.crossed
    FROM moving m;
END $function$;
