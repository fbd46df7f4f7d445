-- Closes an account's gate; a longer closure stands. $2: microseconds.
-- Locks: the account's row. Plan: insert or update by primary key.
INSERT INTO usher.account_gate AS g (account, closed_until, reason)
VALUES ($1::text, now() + $2::int8 * interval '1 microsecond', $3::text)
ON CONFLICT (account) DO UPDATE
SET reason = CASE WHEN EXCLUDED.closed_until > g.closed_until THEN EXCLUDED.reason ELSE g.reason END,
  closed_until = GREATEST(g.closed_until, EXCLUDED.closed_until)
