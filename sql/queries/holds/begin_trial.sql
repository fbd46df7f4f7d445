-- Takes the right to try a held account with one job: a row, if a trial is due, nothing else holds the account, and one
-- of its jobs is due. $2: microseconds to the next trial; $3: lanes.
-- Locks: the hold's row; whoever comes second finds the trial taken. Plan: primary keys.
UPDATE usher.account_hold h SET trial_at = now() + $2::int8 * interval '1 microsecond'
WHERE h.account = $1::text AND h.trial_at <= now() AND h.held_until > now()
  AND NOT EXISTS (
    SELECT FROM usher.account_hold o WHERE o.account = $1::text AND o.trial_at IS NULL AND o.held_until > now() OFFSET 0
  )
  AND EXISTS (
    SELECT FROM unnest($3::int2[]) AS q (lane)
    CROSS JOIN LATERAL (
      SELECT w.job_id FROM usher.waiting w
      WHERE w.lane = q.lane AND w.account = $1::text AND w.due_at <= now()
      ORDER BY w.due_at
      LIMIT 1
    ) w
    OFFSET 0
  )
RETURNING h.kind
