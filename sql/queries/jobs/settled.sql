-- What became of leases that a settlement did not find: still held (true), or given up under the same epoch (false),
-- which only their holder does, so an earlier run of the same settlement was committed. No row: the lease was lost.
-- With the outbox row of the result, where this worker still has to publish it.
-- Locks: none. Plan: primary key, then result's and outbox's unique index, once a lease.
SELECT j.job_id, j.lease_until IS NOT NULL, o.outbox_id, o.traceparent
FROM unnest($1::int8[], $2::int4[], $3::uuid[]) AS u (job_id, epoch, result_id)
CROSS JOIN LATERAL (
  SELECT job_id, lease_until FROM usher.job WHERE job_id = u.job_id AND lease_epoch = u.epoch
) j
LEFT JOIN LATERAL (
  SELECT q.outbox_id, r.traceparent
  FROM usher.result r
  CROSS JOIN LATERAL (SELECT * FROM usher.outbox WHERE result_no = r.result_no) q
  WHERE r.result_id = u.result_id AND q.owner = $4::int8
) o ON true
