-- Forgets all but an account's last $2 replies.
-- Locks: the rows found. Plan: primary key, once to the oldest that stays, once over those before it.
DELETE FROM usher.reply_record r
WHERE r.account = $1::text
  AND r.reply_no <= (
    SELECT k.reply_no FROM usher.reply_record k WHERE k.account = $1::text
    ORDER BY k.reply_no DESC OFFSET $2::int4 LIMIT 1
  )
