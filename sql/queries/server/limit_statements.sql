-- Sets how long the server works on one statement of this session; $1 as the server writes durations.
-- Locks: none. Plan: a function, no table.
SELECT set_config('statement_timeout', $1::text, false)
