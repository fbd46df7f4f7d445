-- An order in the accounts given, with all that tells what happens to it next: also whether a worker lives, and whether
-- one that lives has its account.
-- Locks: none. Plan: the unique index, once an account; workers and what they tell, tables of a few rows; the rest by
-- primary keys.
SELECT j.job_id, j.account, j.order_id, j.generation, j.state, j.lane, j.campaign, j.attempts, j.look_ups, j.due_at,
  j.not_after, COALESCE(l.lease_until, j.lease_until), w.name, j.last_send, j.accepted_at, j.finished_at, j.expires_at,
  j.last_code, j.last_message, t.name, j.src_partition, j.src_offset, h.held_until, h.reason,
  (SELECT count(*) FROM usher.duplicate d WHERE d.job_id = j.job_id AND d.same_content),
  (SELECT count(*) FROM usher.duplicate d WHERE d.job_id = j.job_id AND NOT d.same_content),
  EXISTS (SELECT FROM usher.job_body b WHERE b.job_id = j.job_id),
  EXISTS (SELECT FROM usher.worker k WHERE k.alive_until > now()),
  EXISTS (
    SELECT FROM usher.account_report r
    JOIN usher.worker k ON k.worker_id = r.worker_id AND k.alive_until > now()
    WHERE r.account = j.account
  ),
  now()
FROM unnest($1::text[]) AS a (account)
CROSS JOIN LATERAL (SELECT * FROM usher.job WHERE account = a.account AND order_id = $2::text OFFSET 0) j
LEFT JOIN usher.lease l ON l.lease_epoch = j.lease_epoch AND j.lease_until IS NOT NULL
LEFT JOIN usher.worker w ON w.worker_id = l.worker_id
LEFT JOIN usher.topic t ON t.topic_id = j.topic_id
LEFT JOIN LATERAL (
  SELECT h.held_until, h.reason FROM usher.account_hold h WHERE h.account = j.account AND h.held_until > now()
  ORDER BY h.held_until DESC
  LIMIT 1
) h ON true
ORDER BY j.account
