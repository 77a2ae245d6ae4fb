-- Records which keys a process has. Older rows that say the same go, once their processes have ended or were not seen for
-- long: this row says it of a later moment.
-- $1 process  text
-- $2 kind  text
-- $3 keys  text
-- $4 signs  boolean
-- $5 seen_at  bigint
-- $6 ended  boolean
-- $7 lost_before  bigint
-- Returns nothing
WITH outdated AS (
    DELETE FROM key_holders WHERE kind = $2 AND keys = $3 AND signs = $4 AND process <> $1 AND seen_at <= $5
        AND (ended OR seen_at < $7)
)
INSERT INTO key_holders (process, kind, keys, signs, seen_at, ended) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (process) DO UPDATE SET seen_at = excluded.seen_at, ended = excluded.ended
