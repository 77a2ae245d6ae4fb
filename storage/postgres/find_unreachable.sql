-- Finds those chats of a bot that cannot be written to.
-- $1 bot_id  bigint
-- $2 chat_id  bigint[]
-- Returns chat_id
SELECT c.chat_id FROM unnest($2::bigint[]) AS w(chat_id)
JOIN chats c ON c.bot_id = $1 AND c.chat_id = w.chat_id
WHERE c.unreachable_since IS NOT NULL
