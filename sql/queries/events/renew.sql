-- Keeps rows for another $2 microseconds from being taken over: those that are being published, and those that did not
-- open where they were taken over.
-- Locks: those rows. Plan: primary key.
UPDATE usher.event_outbox SET taken_until = now() + $2::int8 * interval '1 microsecond'
WHERE outbox_id = ANY ($1::int8[])
