-- Notes what a person did. Runs in the transaction that has the effect.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.audit (actor, action, subject, reason, before, after)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text)
RETURNING audit_id, at
