-- What a worker sees of its accounts.
-- Nothing of a worker that the database does not know (any more): its next heartbeat registers it again.
-- Locks: the worker's row against its going, the rows of its own. Plan: primary keys.
INSERT INTO usher.account_report AS r (
  worker_id, account, in_flight, concurrency, concurrency_max, breaker, clock_us, clock_adjust_us, look_up_refused
)
SELECT w.worker_id, u.*
FROM (SELECT k.worker_id FROM usher.worker k WHERE k.worker_id = $1::int8 FOR KEY SHARE) w
CROSS JOIN unnest(
  $2::text[], $3::int4[], $4::int4[], $5::int4[], $6::text[], $7::int8[], $8::int8[], $9::timestamptz[]
) AS u (account, in_flight, concurrency, concurrency_max, breaker, clock_us, clock_adjust_us, look_up_refused)
ON CONFLICT (worker_id, account) DO UPDATE
SET reported_at = now(), in_flight = EXCLUDED.in_flight, concurrency = EXCLUDED.concurrency,
  concurrency_max = EXCLUDED.concurrency_max, breaker = EXCLUDED.breaker, clock_us = EXCLUDED.clock_us,
  clock_adjust_us = EXCLUDED.clock_adjust_us, look_up_refused = EXCLUDED.look_up_refused
