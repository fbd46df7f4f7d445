-- The workers that live.
-- Locks: none. Plan: a scan of a table of a few rows.
SELECT w.name, w.version
FROM usher.worker w
WHERE w.alive_until > now()
ORDER BY w.name, w.worker_id
