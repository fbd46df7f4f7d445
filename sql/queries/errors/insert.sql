-- A rule of an account: the newest, so it is tried first.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.error_override (
  account, rule_id, status_kind, status, text_pattern, http_status, class, name, message, means_not_found, first_wait,
  wait_cap, attempts_max, actor, reason
)
VALUES (
  $1::text, $2::text, $3::text, $4::int8, $5::text, $6::int2, $7::text, $8::text, $9::text, $10::bool,
  $11::int8 * interval '1 microsecond', $12::int8 * interval '1 microsecond', $13::int2, $14::text, $15::text
)
RETURNING set_at
