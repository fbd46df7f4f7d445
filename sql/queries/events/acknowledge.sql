-- Forgets outbox rows whose publication was acknowledged.
-- Locks: those rows. Plan: primary key.
DELETE FROM usher.event_outbox WHERE outbox_id = ANY ($1::int8[])
