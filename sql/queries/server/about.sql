-- What the server says of itself and of this connection. Last: whether this user owns tables of Usher's, or is a member
-- of the role that does.
-- Locks: none. Plan: no table of Usher's.
SELECT current_setting('server_version_num')::int4, clock_timestamp(), current_user::text, current_database()::text,
  pg_is_in_recovery(), (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user),
  COALESCE((SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), false),
  has_database_privilege(current_database(), 'CREATE'),
  (SELECT (extract(epoch FROM max(clock_timestamp() - a.xact_start)) * 1000)::int8 FROM pg_stat_activity a
   WHERE a.backend_xmin IS NOT NULL AND a.datname = current_database()),
  EXISTS (
    SELECT FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'usher'
    WHERE c.relkind = 'r' AND pg_has_role(c.relowner, 'MEMBER')
  )
