-- Notes the last sign of life of each chat whose silence is due, and locks its row until the transaction ends.
-- A newer sign of life makes a chat reachable again.
-- $1 bot_id  bigint[]
-- $2 chat_id  bigint[]
-- $3 episode_id  bigint[]
-- Returns nothing
INSERT INTO chats (bot_id, chat_id, last_active)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, episode_id)
ORDER BY bot_id, chat_id
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
    last_active = greatest(chats.last_active, excluded.last_active),
    unreachable_since = CASE WHEN excluded.last_active > chats.unreachable_since THEN NULL
        ELSE chats.unreachable_since END
