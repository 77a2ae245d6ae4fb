-- The least that the engine needs in PostgreSQL. Two roles: `recovery_owner` migrates, `recovery_engine` runs.
--
-- Run it as an administrator in the engine's database, after the first migration and after each later one; it is safe to
-- repeat. Make the roles and their passwords before it:
--
--   CREATE ROLE recovery_owner LOGIN PASSWORD '...';
--   CREATE ROLE recovery_engine LOGIN PASSWORD '...';
--   GRANT CREATE ON SCHEMA public TO recovery_owner;
--
-- Then `python -m engine migrate` runs with the owner in DATABASE_URL, and every other process with the engine.

GRANT USAGE ON SCHEMA public TO recovery_engine;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO recovery_engine;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO recovery_engine;

-- What is recorded for good: nothing of it is changed or deleted.
GRANT INSERT ON audit_log, recovery_clicks, recovery_versions TO recovery_engine;

GRANT INSERT, UPDATE ON
    admins, api_keys, bots, chats, incidents, payments, recovery_campaigns, recovery_deliveries, recovery_episodes,
    recovery_replans, numbers, switches
TO recovery_engine;

GRANT INSERT, UPDATE, DELETE ON key_holders, media, media_files TO recovery_engine;
GRANT INSERT, DELETE ON bot_admins, recovery_steps TO recovery_engine;
GRANT INSERT ON recovery_blocks TO recovery_engine;

-- Each connection makes the functions that it calls for itself, in its temporary schema.
DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO recovery_engine', current_database());
END $$;

-- The engine makes the partition of each month ahead, which only the owner of the table may do. The role that migrates
-- becomes a member of the one that runs, so that it can still change this table.
GRANT CREATE ON SCHEMA public TO recovery_engine;
GRANT recovery_engine TO recovery_owner;
DO $$
DECLARE partition regclass;
BEGIN
    FOR partition IN SELECT relid FROM pg_partition_tree('recovery_deliveries') LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO recovery_engine', partition);
    END LOOP;
END $$;
