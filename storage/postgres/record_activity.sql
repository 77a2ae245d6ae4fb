-- Records the last sign of life of each chat, with the names that came with it, and locks its row.
-- A newer sign of life makes a chat reachable again. A row that nothing is new for is locked, and not written.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 last_active_ms  bigint[]
-- $4 first_name  text[]
-- $5 username  text[]
-- $6 language  text[]
-- Returns nothing
INSERT INTO chats (bot_id, chat_id, last_active, first_name, username, language)
SELECT bot_id, chat_id, last_active_ms, first_name, username, language
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])
    AS w(bot_id, chat_id, last_active_ms, first_name, username, language)
ORDER BY bot_id, chat_id
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
    last_active = greatest(chats.last_active, excluded.last_active),
    first_name = coalesce(excluded.first_name, chats.first_name),
    username = coalesce(excluded.username, chats.username),
    language = coalesce(excluded.language, chats.language),
    unreachable_since = CASE WHEN excluded.last_active > chats.unreachable_since THEN NULL
        ELSE chats.unreachable_since END
WHERE excluded.last_active > least(chats.last_active, chats.unreachable_since)
    OR (
        coalesce(excluded.first_name, chats.first_name),
        coalesce(excluded.username, chats.username),
        coalesce(excluded.language, chats.language)
    ) IS DISTINCT FROM (chats.first_name, chats.username, chats.language)
