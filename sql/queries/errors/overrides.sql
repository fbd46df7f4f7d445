-- Rules that were set for accounts, newest first; of one account only, if $1 names it.
-- Locks: none. Plan: primary key backwards, a few rows.
SELECT o.rule_id, o.status_kind, o.status, o.text_pattern, o.http_status, o.class, o.name, o.message, o.means_not_found,
  (extract(epoch FROM o.first_wait) * 1000000)::int8, (extract(epoch FROM o.wait_cap) * 1000000)::int8, o.attempts_max,
  o.account, o.set_at, o.actor, o.reason
FROM usher.error_override o
WHERE $1::text IS NULL OR o.account = $1::text
ORDER BY o.override_no DESC
