-- The holds in force.
-- Locks: none. Plan: a scan of a table of a few rows.
SELECT h.account, h.kind, h.held_at, h.held_until, h.trial_at, h.code, h.reason, h.actor
FROM usher.account_hold h
WHERE h.held_until > now()
ORDER BY h.account, h.held_at, h.kind
