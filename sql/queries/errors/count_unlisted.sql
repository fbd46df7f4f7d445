-- Adds sightings of codes that no rule names. At most $6 codes an account are kept: what a fault of the provider's
-- makes up does not fill the table. Rows come in the order of the key: workers do not wait for each other in a circle.
-- Locks: the rows, new or known. Plan: function scan; primary key, twice a code.
INSERT INTO usher.unlisted_code AS c (account, code, http_status, count, last_text)
SELECT u.account, u.code, u.http_status, u.count, u.last_text
FROM unnest(
  $1::text[], $2::text[], $3::int2[], $4::int8[], $5::text[]
) AS u (account, code, http_status, count, last_text)
WHERE (
    SELECT count(*) FROM (SELECT FROM usher.unlisted_code k WHERE k.account = u.account LIMIT $6::int4) x
  ) < $6::int4
  OR EXISTS (
    SELECT FROM usher.unlisted_code k
    WHERE k.account = u.account AND k.code = u.code AND k.http_status = u.http_status
    OFFSET 0
  )
ON CONFLICT (account, code, http_status) DO UPDATE
SET count = c.count + EXCLUDED.count, last_seen = now(), last_text = EXCLUDED.last_text
