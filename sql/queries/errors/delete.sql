-- Takes a rule of an account away.
-- Locks: the row. Plan: the unique index on account and rule_id.
DELETE FROM usher.error_override WHERE account = $1::text AND rule_id = $2::text RETURNING rule_id
