-- Finds the other programs that hold a table of ours, by the names that they give themselves; a backup is pg_dump.
-- Sessions with our own name are left out: they let go within moments.
-- Returns name
SELECT DISTINCT coalesce(nullif(a.application_name, ''), 'a program without a name') AS name
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation AND c.relnamespace = current_schema()::regnamespace
JOIN pg_stat_activity a USING (pid)
WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.pid <> pg_backend_pid() AND a.application_name IS DISTINCT FROM current_setting('application_name')
ORDER BY name
