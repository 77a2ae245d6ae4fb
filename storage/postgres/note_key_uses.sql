-- Notes when keys of the HTTP API were last used. Several receivers may see the same key: the latest use counts.
-- $1 key_id  bigint[]
-- $2 used_at  bigint[]
-- Returns nothing
UPDATE api_keys k SET last_used_at = u.used_at
FROM (
    SELECT a.id, w.used_at FROM unnest($1::bigint[], $2::bigint[]) AS w(key_id, used_at)
    JOIN api_keys a ON a.id = w.key_id
    ORDER BY a.id FOR NO KEY UPDATE OF a
) u
WHERE k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.used_at)
