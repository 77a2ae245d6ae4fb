-- Lists the keys of the HTTP API that were not revoked, with their bots. A key that has ended is among them: its bearer
-- is told so.
-- Returns key_id, hash, name, scopes, expires_at_ms, bot_id, username, status
SELECT k.id AS key_id, k.hash, k.name, k.scopes, k.expires_at AS expires_at_ms, k.bot_id, b.username, b.status
FROM api_keys k JOIN bots b ON b.id = k.bot_id
WHERE k.revoked_at IS NULL AND b.status <> 'removed'
