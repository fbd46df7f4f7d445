-- Settings that durability and secrecy depend on.
-- Locks: none. Plan: pg_settings.
SELECT s.name, s.setting
FROM pg_settings s
WHERE s.name IN (
  'fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names', 'wal_level', 'max_connections',
  'data_checksums', 'autovacuum', 'server_encoding', 'log_statement', 'log_min_duration_statement',
  'log_parameter_max_length', 'log_parameter_max_length_on_error', 'log_error_verbosity', 'log_min_error_statement',
  'password_encryption', 'default_transaction_isolation', 'plan_cache_mode'
)
ORDER BY s.name
