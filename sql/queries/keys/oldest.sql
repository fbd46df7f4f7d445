-- The ids of the keys that sealed the oldest values that are kept, $1 of each kind.
-- Locks: none. Plan: the first entries of the index by which each kind is wiped; of job_body the primary key.
SELECT DISTINCT x.key_id
FROM (
  (SELECT key_id FROM usher.job_body ORDER BY job_id LIMIT $1::int4)
  UNION ALL
  (SELECT key_id FROM usher.result WHERE sealed IS NOT NULL AND outcome = 10 ORDER BY wipe_from LIMIT $1::int4)
  UNION ALL
  (SELECT key_id FROM usher.result WHERE sealed IS NOT NULL AND outcome <> 10 ORDER BY wipe_from LIMIT $1::int4)
  UNION ALL
  (SELECT key_id FROM usher.answer WHERE sealed IS NOT NULL ORDER BY created_at LIMIT $1::int4)
  UNION ALL
  (SELECT key_id FROM usher.quarantine WHERE sealed IS NOT NULL ORDER BY received_at LIMIT $1::int4)
  UNION ALL
  (SELECT key_id FROM usher.transaction_event WHERE sealed IS NOT NULL ORDER BY received_at LIMIT $1::int4)
) x
