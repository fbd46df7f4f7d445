-- An account's last $2 replies that were no success, newest first.
-- Locks: none. Plan: primary key backwards.
SELECT r.account, r.order_id, r.kind, r.http_status, r.status, r.description, r.by_table, r.unlisted, r.verdict, r.code,
  r.rule_id, r.at
FROM usher.reply_record r
WHERE r.account = $1::text
ORDER BY r.reply_no DESC
LIMIT $2::int4
