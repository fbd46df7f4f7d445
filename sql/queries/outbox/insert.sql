-- Queues stored results again, for whoever publishes first.
-- Row numbers are ascending, and random in their last 20 bits: a database that lost commits gives its numbers again,
-- and must not take an acknowledgement of before for one of another row.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.outbox (outbox_id, job_ids, generations) OVERRIDING SYSTEM VALUE
VALUES (nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8, $1::int8[], $2::int4[])
