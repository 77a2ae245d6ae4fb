-- Stops all reminders for a chat from this sign of life on; an earlier opt-out stands.
-- $1 bot_id  bigint
-- $2 chat_id  bigint
-- $3 last_active_ms  bigint
-- $4 first_name  text
-- $5 username  text
-- $6 language  text
-- Returns nothing
INSERT INTO chats (bot_id, chat_id, last_active, first_name, username, language, opted_out_at)
VALUES ($1, $2, $3, $4, $5, $6, $3)
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
    first_name = coalesce(excluded.first_name, chats.first_name),
    username = coalesce(excluded.username, chats.username),
    language = coalesce(excluded.language, chats.language),
    opted_out_at = coalesce(chats.opted_out_at, excluded.opted_out_at)
