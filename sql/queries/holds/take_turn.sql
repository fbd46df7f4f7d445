-- Lets one person at a time hold an account: whoever comes second sees what the first one placed. Where no hold stands
-- there is no row that could be locked. To be run before `holds/place`, in its transaction.
-- Locks: an advisory lock of the account, until the transaction ends. Plan: a function.
SELECT pg_advisory_xact_lock(hashtext('account_hold'), hashtext($1::text))
