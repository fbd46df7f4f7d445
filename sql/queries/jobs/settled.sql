-- What became of leases that a settlement did not find: still held (true), or given up under the same epoch (false),
-- which only their holder does, so an earlier run of the same settlement was committed. No row: the lease was lost.
-- Locks: none. Plan: primary key, once a lease.
SELECT j.job_id, j.lease_until IS NOT NULL
FROM unnest($1::int8[], $2::int8[]) AS u (job_id, epoch)
CROSS JOIN LATERAL (
  SELECT job_id, lease_until FROM usher.job WHERE job_id = u.job_id AND lease_epoch = u.epoch
  OFFSET 0
) j
