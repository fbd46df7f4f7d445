-- Codes that no rule named when they came, the latest first; of one account only, if $1 names it.
-- Locks: none. Plan: the table, at most a thousand rows an account.
SELECT c.account, c.code, c.http_status, c.count, c.first_seen, c.last_seen, c.last_text
FROM usher.unlisted_code c
WHERE $1::text IS NULL OR c.account = $1::text
ORDER BY c.last_seen DESC, c.account, c.code, c.http_status
