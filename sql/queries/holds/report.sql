-- What a worker sees of its accounts.
-- Locks: the rows of its own. Plan: insert or update by primary key.
INSERT INTO usher.account_report AS r (
  worker_id, account, in_flight, concurrency, concurrency_max, breaker, clock_us, clock_adjust_us, look_up_refused
)
SELECT $1::int8, u.* FROM unnest(
  $2::text[], $3::int4[], $4::int4[], $5::int4[], $6::text[], $7::int8[], $8::int8[], $9::timestamptz[]
) AS u (account, in_flight, concurrency, concurrency_max, breaker, clock_us, clock_adjust_us, look_up_refused)
ON CONFLICT (worker_id, account) DO UPDATE
SET reported_at = now(), in_flight = EXCLUDED.in_flight, concurrency = EXCLUDED.concurrency,
  concurrency_max = EXCLUDED.concurrency_max, breaker = EXCLUDED.breaker, clock_us = EXCLUDED.clock_us,
  clock_adjust_us = EXCLUDED.clock_adjust_us, look_up_refused = EXCLUDED.look_up_refused
