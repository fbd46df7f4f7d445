-- Deletes raw quarantined values that came more than $1 microseconds ago, at most $2.
-- Locks: the rows found. Plan: quarantine_kept in order, update by ctid.
WITH old AS MATERIALIZED (
  SELECT q.ctid AS at
  FROM usher.quarantine q
  WHERE q.sealed IS NOT NULL AND q.received_at <= now() - $1::int8 * interval '1 microsecond'
  ORDER BY q.received_at
  LIMIT $2::int4
  FOR UPDATE SKIP LOCKED
)
UPDATE usher.quarantine q SET sealed = NULL, wiped = true FROM old o WHERE q.ctid = o.at
RETURNING q.src_offset
