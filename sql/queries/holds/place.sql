-- A person holds an account. Returns who held it by hand before, since when and why: NULL each when nobody did.
-- Whoever takes another's hold over holds the account since then.
-- What stood there is read and locked before anything is written, hence the count that the insert asks for: a row that
-- this statement has changed cannot be locked by it any more, and would be missing. `holds/take_turn` comes before it:
-- a first hold that another transaction has not committed yet would be overwritten, and not be seen.
-- Locks: the hold's row. Plan: primary key; insert or update by primary key.
WITH before AS MATERIALIZED (
  SELECT h.actor, h.held_at, h.reason FROM usher.account_hold h
  WHERE h.account = $1::text AND h.kind = 'operator'
  FOR UPDATE
),
placed AS (
  INSERT INTO usher.account_hold AS h (account, kind, code, reason, actor)
  SELECT $1::text, 'operator', 'operator', $2::text, $3::text FROM (SELECT count(*) FROM before OFFSET 0) b
  ON CONFLICT (account, kind) DO UPDATE
  SET held_at = CASE WHEN h.actor = EXCLUDED.actor THEN h.held_at ELSE now() END, reason = EXCLUDED.reason,
    actor = EXCLUDED.actor
  RETURNING h.account
)
SELECT b.actor, b.held_at, b.reason FROM placed p LEFT JOIN before b ON true
