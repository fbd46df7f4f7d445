-- A person releases an account, whatever holds it.
-- Locks: the hold's rows. Plan: primary key.
DELETE FROM usher.account_hold WHERE account = $1::text
RETURNING kind, held_until > now(), reason
