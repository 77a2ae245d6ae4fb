-- Finds the payments that are known with another chat, amount or currency.
-- $1 bot_id  bigint[]
-- $2 external_id  text[]
-- $3 chat_id  bigint[]
-- $4 amount  bigint[]
-- $5 currency  text[]
-- $6 status  text[]
-- $7 paid_at_ms  bigint[]
-- Returns external_id
SELECT w.external_id FROM (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
        AS w(bot_id, external_id, chat_id, amount, currency, status, paid_at_ms)
) w JOIN payments p USING (bot_id, external_id)
WHERE (p.chat_id, p.amount, p.currency) <> (w.chat_id, w.amount, w.currency)
