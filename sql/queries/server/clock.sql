-- The database's clock.
-- Locks: none. Plan: no table.
SELECT now()
