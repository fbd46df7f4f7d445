-- How many jobs wait, by topic, but those of the accounts $2; counts at most $1 of them.
-- Locks: none. Plan: the queue, a row of a few bytes each; planned for its values, no row is asked for its account where
-- $2 is empty.
SELECT t.name, c.jobs
FROM (
  SELECT w.topic_id, count(*) AS jobs
  FROM (
    SELECT w.topic_id FROM usher.waiting w
    WHERE cardinality($2::text[]) = 0 OR w.account <> ALL ($2::text[])
    LIMIT $1::int8
  ) w
  GROUP BY w.topic_id
) c
CROSS JOIN LATERAL (SELECT name FROM usher.topic WHERE topic_id = c.topic_id OFFSET 0) t
