-- Finds those chats of a bot whose people have shown a sign of life and can be reached.
-- $1 bot_id  bigint
-- $2 chat_id  bigint[]
-- Returns chat_id
SELECT c.chat_id FROM unnest($2::bigint[]) AS w(chat_id)
JOIN chats c ON c.bot_id = $1 AND c.chat_id = w.chat_id
WHERE c.last_active > 0 AND c.unreachable_since IS NULL
