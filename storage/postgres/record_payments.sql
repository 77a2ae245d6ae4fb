-- Records payments and returns how each stands now. A refund is final.
-- A payment that is known with another chat, amount or currency changes nothing and has no status here.
-- $1 bot_id  bigint[]
-- $2 external_id  text[]
-- $3 chat_id  bigint[]
-- $4 amount  bigint[]
-- $5 currency  text[]
-- $6 status  text[]
-- $7 paid_at_ms  bigint[]
-- Returns bot_id, external_id, status, before, known_chat, skips
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
        AS w(bot_id, external_id, chat_id, amount, currency, status, paid_at_ms)
), kept AS (
    INSERT INTO payments (bot_id, external_id, chat_id, amount, currency, status, paid_at)
    SELECT * FROM wanted ORDER BY bot_id, external_id
    ON CONFLICT (bot_id, external_id) DO UPDATE SET
        status = CASE WHEN payments.status = 'refunded' THEN 'refunded' ELSE excluded.status END
    WHERE (payments.chat_id, payments.amount, payments.currency)
        = (excluded.chat_id, excluded.amount, excluded.currency)
    RETURNING bot_id, external_id, status
)
SELECT w.bot_id, w.external_id, k.status, p.status AS before,
    EXISTS (SELECT FROM chats c WHERE c.bot_id = w.bot_id AND c.chat_id = w.chat_id) AS known_chat,
    coalesce((v.document ->> 'skip_paid')::boolean, true) AS skips
FROM wanted w
LEFT JOIN kept k USING (bot_id, external_id)
LEFT JOIN payments p USING (bot_id, external_id)
LEFT JOIN recovery_campaigns g ON g.bot_id = w.bot_id
LEFT JOIN recovery_versions v ON v.bot_id = g.bot_id AND v.version = g.published_version
