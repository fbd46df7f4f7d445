-- Forgets workers that ended a month ago and left nothing.
-- Locks: those rows. Plan: primary key of worker in order, one probe of outbox_of_owner each.
DELETE FROM usher.worker w
WHERE w.alive_until < now() - interval '30 days'
  AND NOT EXISTS (SELECT FROM usher.outbox o WHERE o.owner = w.worker_id OFFSET 0)
