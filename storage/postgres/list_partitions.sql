-- Lists the partitions of the deliveries that are attached, the default one among them.
-- Returns name
SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'recovery_deliveries'::regclass
