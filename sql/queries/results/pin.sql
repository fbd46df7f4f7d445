-- Results that are to be published again, with whether their values are still there.
-- Locks: share locks, so that a wipe waits until the outbox rows are committed, and then sees them.
-- Plan: primary key, once a result.
SELECT r.result_no, r.sealed IS NOT NULL
FROM unnest($1::int8[]) AS u (result_no)
CROSS JOIN LATERAL (SELECT * FROM usher.result WHERE result_no = u.result_no FOR SHARE) r
