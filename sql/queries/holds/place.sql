-- A person holds an account. Returns the reason that stood there before.
-- Locks: the hold's row. Plan: insert or update by primary key.
WITH before AS (
  SELECT h.reason FROM usher.account_hold h WHERE h.account = $1::text AND h.kind = 'operator' FOR UPDATE
),
placed AS (
  INSERT INTO usher.account_hold AS h (account, kind, code, reason, actor)
  VALUES ($1::text, 'operator', 'operator', $2::text, $3::text)
  ON CONFLICT (account, kind) DO UPDATE SET reason = EXCLUDED.reason, actor = EXCLUDED.actor
  RETURNING h.account
)
SELECT (SELECT b.reason FROM before b) FROM placed
