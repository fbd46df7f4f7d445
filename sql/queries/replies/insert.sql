-- Keeps replies that were no success.
-- Locks: the new rows. Plan: function scan, insert.
INSERT INTO usher.reply_record (
  account, order_id, kind, http_status, status, description, by_table, unlisted, verdict, code, rule_id
)
SELECT u.account, u.order_id, u.kind, u.http_status, u.status, u.description, u.by_table, u.unlisted, u.verdict, u.code,
  u.rule_id
FROM unnest(
  $1::text[], $2::text[], $3::text[], $4::int2[], $5::int8[], $6::text[], $7::bool[], $8::bool[], $9::text[],
  $10::text[], $11::text[]
) AS u (account, order_id, kind, http_status, status, description, by_table, unlisted, verdict, code, rule_id)
