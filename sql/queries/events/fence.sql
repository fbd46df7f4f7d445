-- Lets one transaction at a time decide about events under a signature that is no longer fresh ($3 microseconds): the
-- next one sees what this one stores. To be run before `events/record`, in its transaction.
-- Locks: an advisory lock a signature, until the transaction ends, in order. Plan: function scan.
SELECT pg_advisory_xact_lock(s.key)
FROM (
  SELECT DISTINCT ('x' || encode(substr(u.signature_sha256, 1, 8), 'hex'))::bit(64)::int8 AS key
  FROM unnest($1::bytea[], $2::timestamptz[]) AS u (signature_sha256, told_at)
  WHERE u.told_at < now() - $3::int8 * interval '1 microsecond'
  ORDER BY key
  OFFSET 0
) AS s
