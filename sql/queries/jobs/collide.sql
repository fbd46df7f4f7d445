-- The stored orders that records of a batch collided with. A statement of its own: its snapshot sees the winners.
-- Locks: none. Plan: function scan, then by the unique key, the body's and the result's primary key, once a record.
SELECT u.nth, j.job_id, j.generation, j.state, j.content_digest, j.topic_id, j.src_partition, j.src_offset,
  b.generation, b.key_id, b.sealed, r.generation IS NOT NULL, now()
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (account, order_id, nth)
CROSS JOIN LATERAL (
  SELECT * FROM usher.job WHERE account = u.account AND order_id = u.order_id
  OFFSET 0
) j
LEFT JOIN LATERAL (SELECT * FROM usher.job_body WHERE job_id = j.job_id OFFSET 0) b ON true
LEFT JOIN LATERAL (
  SELECT generation FROM usher.result
  WHERE job_id = j.job_id AND generation = j.generation AND j.finished_at IS NOT NULL
  OFFSET 0
) r ON true
ORDER BY u.nth
