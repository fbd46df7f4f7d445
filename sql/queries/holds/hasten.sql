-- Makes the next trial due: something about the account has changed.
-- Locks: the hold's rows. Plan: primary key.
UPDATE usher.account_hold SET trial_at = now() WHERE account = $1::text AND trial_at > now()
