-- Queues stored results again, for whoever publishes first.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.outbox (job_ids, generations) VALUES ($1::int8[], $2::int4[])
