-- A person releases an account. $2: the kinds that were locked and judged; a hold of another kind is younger and stays.
-- Locks: the hold's rows, held already. Plan: primary key.
DELETE FROM usher.account_hold WHERE account = $1::text AND kind = ANY ($2::text[])
