-- An order in the accounts given, with its body if $3. The first of the accounts that has it.
-- Locks: none. Plan: the unique index, once an account; job_body by primary key.
SELECT j.job_id, j.account, j.generation, j.state, j.expires_at, b.generation, b.key_id, b.sealed, now()
FROM unnest($1::text[]) WITH ORDINALITY AS a (account, place)
CROSS JOIN LATERAL (SELECT * FROM usher.job WHERE account = a.account AND order_id = $2::text OFFSET 0) j
LEFT JOIN LATERAL (SELECT * FROM usher.job_body WHERE job_id = j.job_id AND $3::bool OFFSET 0) b ON true
ORDER BY a.place
LIMIT 1
