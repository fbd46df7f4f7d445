-- Grows with every job that a worker takes in. Asked every few milliseconds until it grows: it must be cheap.
select coalesce(max(job_id), 0) from usher.job
