-- When the first of the leases ends, which may be past where no worker ends them; NULL where no job is leased.
-- Locks: none. Plan: lease_ends, its first entry.
SELECT (SELECT l.lease_until FROM usher.lease l ORDER BY l.lease_until LIMIT 1), now()
