-- Grows with every job that the rival takes in; as Benchmarks/sql/last_job.sql does for Usher.
select coalesce(max(job_id), 0) from rival.job
