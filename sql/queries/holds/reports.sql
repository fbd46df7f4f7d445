-- What the workers that live say of the accounts.
-- Locks: none. Plan: a scan of a table of a few rows, workers by primary key.
SELECT r.account, w.name, r.reported_at, r.in_flight, r.concurrency, r.concurrency_max, r.breaker, r.clock_us,
  r.clock_adjust_us, r.look_up_refused
FROM usher.account_report r
JOIN usher.worker w ON w.worker_id = r.worker_id AND w.alive_until > now()
ORDER BY r.account, w.name, w.worker_id
