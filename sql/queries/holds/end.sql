-- A trial went well. $2: when it was sent; a hold that is younger was found out later.
-- Locks: the hold's rows. Plan: primary key.
DELETE FROM usher.account_hold
WHERE account = $1::text AND trial_at IS NOT NULL AND held_at <= $2::timestamptz
RETURNING kind
