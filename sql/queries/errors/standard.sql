-- The standard rules, in the order in which they are tried.
-- Locks: none. Plan: the index on position, a few rows.
SELECT r.rule_id, r.status_kind, r.status, r.text_pattern, r.http_status, r.class, r.name, r.message, r.means_not_found,
  (extract(epoch FROM r.first_wait) * 1000000)::int8, (extract(epoch FROM r.wait_cap) * 1000000)::int8, r.attempts_max
FROM usher.error_rule r
ORDER BY r.position
