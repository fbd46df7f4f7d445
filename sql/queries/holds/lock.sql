-- What holds an account, for a release that judges it: until its end nobody changes these rows.
-- Locks: the hold's rows, in the order of their kinds. Plan: primary key.
SELECT h.kind, h.held_at, h.held_until > now(), h.reason, h.actor
FROM usher.account_hold h
WHERE h.account = $1::text
ORDER BY h.kind
FOR UPDATE
