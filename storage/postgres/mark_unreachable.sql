-- Marks chats that cannot be reached, unless a sign of life is newer.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 since_ms  bigint
-- 1000 SECOND_MS
-- Returns nothing
INSERT INTO chats (bot_id, chat_id, last_active, unreachable_since)
SELECT bot_id, chat_id, 0, $3 FROM unnest($1::bigint[], $2::bigint[]) AS w(bot_id, chat_id)
ORDER BY bot_id, chat_id
ON CONFLICT (bot_id, chat_id) DO UPDATE SET unreachable_since = $3
WHERE chats.last_active / 1000 <= $3 / 1000
