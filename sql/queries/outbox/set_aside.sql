-- Gives back rows of which nothing can be published here, and lets them be looked at again, by anyone, in five minutes.
-- Locks: those rows. Plan: primary key.
UPDATE usher.outbox SET owner = NULL, created_at = now() + interval '5 minutes' WHERE outbox_id = ANY ($1::int8[])
