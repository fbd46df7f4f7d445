-- Forgets outbox rows of which all was acknowledged.
-- Locks: those rows. Plan: primary key.
DELETE FROM usher.outbox WHERE outbox_id = ANY ($1::int8[])
