-- Lists whatever has the name of a partition of the deliveries, and whether it is attached to them.
-- Returns name, attached
SELECT c.relname::text AS name,
    EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent = 'recovery_deliveries'::regclass) AS attached
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'recovery\_deliveries\_%'
