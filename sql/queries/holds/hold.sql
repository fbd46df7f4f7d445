-- Holds an account because of what the Cashier answered. A hold of the kind that is there already is kept: the longer
-- end stands, the newest reason is told, and the next trial stays when it was.
-- $3: microseconds, NULL for one without an end; $4: microseconds to the first trial, NULL for a kind without trials.
-- Locks: the hold's row. Plan: insert or update by primary key.
INSERT INTO usher.account_hold AS h (account, kind, held_until, trial_at, code, reason)
VALUES (
  $1::text, $2::text, COALESCE(now() + $3::int8 * interval '1 microsecond', 'infinity'),
  now() + $4::int8 * interval '1 microsecond', $5::text, $6::text
)
ON CONFLICT (account, kind) DO UPDATE
SET held_at = CASE WHEN h.held_until > now() THEN h.held_at ELSE now() END,
  held_until = GREATEST(h.held_until, EXCLUDED.held_until), code = EXCLUDED.code, reason = EXCLUDED.reason
